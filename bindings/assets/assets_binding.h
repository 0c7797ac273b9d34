// The static assets of a worker as it sees them: env.ASSETS
// (https://developers.cloudflare.com/workers/static-assets/binding/).
#ifndef BINDINGS_ASSETS_ASSETS_BINDING_H_
#define BINDINGS_ASSETS_ASSETS_BINDING_H_

#include <v8.h>

#include <memory>
#include <utility>

#include "assets/site.h"
#include "bindings/core/convert.h"
#include "bindings/core/family.h"
#include "bindings/core/object.h"

namespace verge::bindings {

// Usable from any invocation, and from nowhere else.
class AssetsBinding final : public Native {
 public:
  static const ClassSpec kSpec;

  explicit AssetsBinding(std::shared_ptr<const assets::Site> site) : site_(std::move(site)) {}

  static v8::MaybeLocal<v8::Object> New(v8::Isolate* isolate, std::shared_ptr<const assets::Site> site);

 private:
  const std::shared_ptr<const assets::Site> site_;

  struct Members;
};

extern const Family kAssetsFamily;

}  // namespace verge::bindings

#endif  // BINDINGS_ASSETS_ASSETS_BINDING_H_
