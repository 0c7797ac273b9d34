#include "bindings/kv/kv_family.h"

#include "bindings/kv/kv_namespace.h"

namespace verge::bindings {
namespace {

constexpr const ClassSpec* kClasses[] = {&KvNamespace::kSpec};

}  // namespace

constinit const Family kKvFamily = {.classes = kClasses, .globals = {}, .natives = {}, .lazy_globals = {}};

}  // namespace verge::bindings
