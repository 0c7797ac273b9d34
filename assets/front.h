// Answers requests of clients from a Site, before a worker is asked.
#ifndef ASSETS_FRONT_H_
#define ASSETS_FRONT_H_

#include <uv.h>

#include <functional>
#include <memory>

#include "assets/site.h"
#include "http/server.h"

namespace verge::assets {

// Gets what `site` answers a request with, once: at once if that is in memory, else from the loop. A file that has to
// be read first is read by a thread of uv's pool.
class SiteAnswer {
 public:
  virtual ~SiteAnswer() = default;
  // Valid as long as this object.
  [[nodiscard]] virtual SiteRequest request() const = 0;
  virtual void OnReply(Reply reply) = 0;
};
void AnswerFrom(std::shared_ptr<const Site> site, uv_loop_t* loop, const Decision& decision,
                std::unique_ptr<SiteAnswer> answer);

// Told of each request that assets answer.
class AssetLog {
 public:
  virtual void OnAsset(const http::RequestHead& request, int status) = 0;

 protected:
  ~AssetLog() = default;
};

// On the loop's thread. False: the request is for the worker. `log` may be null, and outlives the exchange.
bool ServeAsset(const std::shared_ptr<const Site>& site, uv_loop_t* loop, const http::Ref<http::Exchange>& exchange,
                AssetLog* log);

}  // namespace verge::assets

#endif  // ASSETS_FRONT_H_
