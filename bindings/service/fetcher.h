// A service binding as a worker sees it: another worker of the same process
// (https://developers.cloudflare.com/workers/runtime-apis/bindings/service-bindings/).
#ifndef BINDINGS_SERVICE_FETCHER_H_
#define BINDINGS_SERVICE_FETCHER_H_

#include <v8.h>

#include <memory>
#include <utility>

#include "bindings/core/convert.h"
#include "bindings/core/object.h"
#include "bindings/service/service_router.h"

namespace verge::bindings {

// env.OTHER. Usable from any invocation, and from nowhere else. No object crosses: bodies stream through C++.
class Fetcher final : public Native {
 public:
  static const ClassSpec kSpec;

  explicit Fetcher(std::shared_ptr<const ServiceTarget> target) : target_(std::move(target)) {}

  static v8::MaybeLocal<v8::Object> New(v8::Isolate* isolate, std::shared_ptr<const ServiceTarget> target);

 private:
  const std::shared_ptr<const ServiceTarget> target_;

  struct Members;
};

}  // namespace verge::bindings

#endif  // BINDINGS_SERVICE_FETCHER_H_
