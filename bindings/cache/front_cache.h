// The cache in front of a worker (Workers' `cache = { enabled = true }`): a hit is answered without an isolate. No V8.
#ifndef BINDINGS_CACHE_FRONT_CACHE_H_
#define BINDINGS_CACHE_FRONT_CACHE_H_

#include <functional>
#include <string>
#include <string_view>

#include "bindings/cache/cache_host.h"
#include "http/server.h"
#include "runtime/event_recorder.h"

namespace verge::bindings {

// One for each worker on a shard. What the worker answers to GET is kept by its headers, for its version, under the
// path and query; never what needs Authorization or sets a cookie.
class FrontCache {
 public:
  // Has the worker handle a request.
  using RunWorker = std::function<void(http::Ref<http::Exchange> exchange)>;

  // `recorder` (may be null) is told of what is answered without the worker.
  FrontCache(CacheHost* host, RunWorker run, runtime::EventRecorder* recorder)
      : host_(host), run_(std::move(run)), recorder_(recorder) {}
  FrontCache(const FrontCache&) = delete;
  FrontCache& operator=(const FrontCache&) = delete;

  // Entries of another version are not found. To be set before the first request.
  void set_version(std::string version) { version_ = std::move(version); }

  void OnRequest(http::Ref<http::Exchange> exchange);

 private:
  void KeyOf(const http::RequestHead& head);
  // Answers from memory, if nothing else has to be done. False: it did not.
  bool ServeAtOnce(http::Exchange& exchange);

  CacheHost* const host_;
  const RunWorker run_;
  runtime::EventRecorder* const recorder_;
  std::string version_;
  std::string key_;  // of the request being looked at
  std::string url_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_CACHE_FRONT_CACHE_H_
