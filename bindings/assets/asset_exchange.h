// A worker's request to its own static assets, in the shape of a request to a server. No V8.
#ifndef BINDINGS_ASSETS_ASSET_EXCHANGE_H_
#define BINDINGS_ASSETS_ASSET_EXCHANGE_H_

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "assets/site.h"
#include "http/client/client.h"
#include "runtime/shard.h"

namespace verge::bindings {

struct AssetRequest {
  std::string_view method;
  bool secure = false;
  std::string_view authority;
  std::string_view target;
  std::span<const http::HeaderField> fields;
};

// Everything is copied. The observer hears from the loop.
http::Ref<http::ClientExchange> FetchAsset(runtime::Shard& shard, std::shared_ptr<const assets::Site> site,
                                           const AssetRequest& request, http::ClientObserver* observer);

}  // namespace verge::bindings

#endif  // BINDINGS_ASSETS_ASSET_EXCHANGE_H_
