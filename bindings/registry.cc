#include "bindings/registry.h"

#include "bindings/assets/assets_binding.h"
#include "bindings/blob/blob_family.h"
#include "bindings/cache/cache_family.h"
#include "bindings/compression/compression_family.h"
#include "bindings/console/console.h"
#include "bindings/core/class_builder.h"
#include "bindings/core/iterable.h"
#include "bindings/core/snapshot_scripts.h"
#include "bindings/crypto/crypto_family.h"
#include "bindings/d1/d1_family.h"
#include "bindings/encoding/encoding.h"
#include "bindings/fetch/fetch_family.h"
#include "bindings/formdata/form_data_family.h"
#include "bindings/kv/kv_family.h"
#include "bindings/node/node_family.h"
#include "bindings/schedule/scheduled_controller.h"
#include "bindings/service/service_family.h"
#include "bindings/timers/timers.h"
#include "bindings/url/url_family.h"
#include "bindings/web/web_family.h"
#include "bindings/websocket/websocket_family.h"
#include "bindings/worker/workers_family.h"

namespace verge::bindings {
namespace {

// clang-format off: a line each
constexpr const Family* kFamilies[] = {
    &kIterableFamily,
    &kConsoleFamily,
    &kTimersFamily,
    &kWebFamily,
    &kEncodingFamily,
    &kCryptoFamily,
    &kUrlFamily,
    &kBlobFamily,
    &kFormDataFamily,
    &kFetchFamily,
    &kCompressionFamily,
    &kNodeFamily,
    &kWorkersFamily,
    &kWebSocketFamily,
    &kD1Family,
    &kKvFamily,
    &kCacheFamily,
    &kServiceFamily,
    &kAssetsFamily,
    &kScheduleFamily,
};
// clang-format on

}  // namespace

std::span<const Family* const> AllFamilies() { return kFamilies; }

const std::vector<const ClassSpec*>& AllClasses() {
  static const auto* classes = [] {
    auto* all = new std::vector<const ClassSpec*>();
    for (const Family* family : AllFamilies()) all->insert(all->end(), family->classes.begin(), family->classes.end());
    return all;
  }();
  return *classes;
}

const intptr_t* ExternalReferences() {
  static const auto* references = [] {
    auto* all = new std::vector<intptr_t>();
    all->push_back(reinterpret_cast<intptr_t>(&IllegalConstructor));
    for (const Family* family : AllFamilies()) {
      for (const ClassSpec* spec : family->classes) CollectReferences(*spec, all);
      for (const GlobalFunction& function : family->globals)
        all->push_back(reinterpret_cast<intptr_t>(function.callback));
      for (const GlobalFunction& function : family->natives)
        all->push_back(reinterpret_cast<intptr_t>(function.callback));
      for (const LazyGlobal& lazy : family->lazy_globals) all->push_back(reinterpret_cast<intptr_t>(lazy.getter));
    }
    CollectTextReferences(all);
    all->push_back(0);
    return all;
  }();
  return references->data();
}

}  // namespace verge::bindings
