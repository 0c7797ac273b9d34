// An HTTP cache in front of something that answers requests: below fetch() the origins, before a worker the worker.
//
// One transaction is one request through it (RFC 9111, 4): answered from the store, forwarded, validated, or collapsed
// with others that ask for the same at the same time. What is stored is read from the store by all who asked, the
// first one included, and fetched to its end though they may all go away. No V8.
#ifndef BINDINGS_CACHE_HTTP_CACHE_H_
#define BINDINGS_CACHE_HTTP_CACHE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/cache/cache_host.h"
#include "cache/plan.h"
#include "cache/rules.h"
#include "cache/service.h"
#include "cache/storing.h"
#include "http/client/client.h"

namespace verge::bindings {

// Who answers what the cache cannot. Kept by the transactions.
class CacheUpstream : public http::RefCounted {
 public:
  // As http::Client::Send: `fields` are all that the request says, and need to live until it returns only.
  virtual http::Ref<http::ClientExchange> Send(std::string_view method, cache::Fields fields,
                                               http::ClientObserver* observer) = 0;
};

// The `cache` member of a request, as the Fetch standard names its modes.
enum class CacheMode : uint8_t { kDefault, kNoStore, kReload, kNoCache, kForceCache, kOnlyIfCached };

struct CacheRequest {
  std::string method = "GET";  // or HEAD
  std::string url;             // absolute, without a fragment
  std::string key;             // "": the URL
  std::vector<std::pair<std::string, std::string>> fields;
  CacheMode mode = CacheMode::kDefault;
  cache::Rules rules;
  std::vector<std::string> tags;  // beside those of Cache-Tag
  // The upstream gets no conditions and ranges of the request: whole responses come back, from which these are served.
  bool whole = false;
  // Not collapsed with others: one of them may be waiting for what this is a part of.
  bool alone = false;
};

// RFC 9111, 4.4: what a response to an unsafe method makes of the stored ones.
void InvalidateAfter(cache::Namespace& space, std::string_view method, std::string_view url, int status,
                     cache::Fields response);

class CacheTransaction final : public http::ClientExchange, private http::ClientObserver {
 public:
  // Nothing happens before Start. `observer` hears as one of http::Client does, but possibly from within Start.
  CacheTransaction(CacheHost* host, std::shared_ptr<cache::Namespace> space, CacheRequest request,
                   http::Ref<CacheUpstream> upstream, http::ClientObserver* observer);
  ~CacheTransaction() override;

  void Start();
  // The observer hears no more. A response that is being stored, or refreshed, is fetched to its end.
  void Cancel() override;

 private:
  // Refreshes a stale entry that somebody else was answered with.
  static void Refresh(CacheTransaction& of, const cache::EntryRef& entry, RefreshDuty duty);

  [[nodiscard]] const std::string& key() const { return request_.key.empty() ? request_.url : request_.key; }
  [[nodiscard]] cache::RequestView view() const { return {request_.method, request_.url, fields_}; }
  void Look();
  void OnFound(cache::Found found);
  // From a part that was stored. False: there is none that has what is asked for.
  bool ServePart();
  // Asks the upstream, or waits for whoever does.
  void Ask(bool validate);
  void OnFlight(cache::EntryRef entry);
  void SendUpstream(bool validate);
  void Serve(const cache::EntryRef& entry, std::string_view status);
  void Respond(http::Ref<http::ClientResponse> response);
  void PassOn(http::Ref<http::ClientResponse> response, std::string_view status);
  void Store(http::Ref<http::ClientResponse> response, const cache::StoreDecision& decision, std::string key);
  void Validated(http::Ref<http::ClientResponse> response);
  void AfterHead(const http::ClientResponse& response);
  [[nodiscard]] cache::Metadata MakeMetadata(int status, std::string_view status_text, cache::Fields response,
                                             const cache::Lifetime& lifetime) const;
  void Finish();

  // http::ClientObserver: what the upstream says.
  void OnResponse(http::Ref<http::ClientResponse> response) override;
  void OnError(http::ClientError error) override;

  CacheHost* const host_;
  const std::shared_ptr<cache::Namespace> space_;
  const CacheRequest request_;
  std::vector<http::HeaderField> fields_;  // views into request_
  http::Ref<CacheUpstream> upstream_;
  http::ClientObserver* observer_;  // null: nobody
  http::Ref<http::ClientExchange> exchange_;
  http::Ref<CacheTransaction> self_;  // while something outside will come back to it
  cache::EntryRef stale_;             // may stand in when the upstream fails, or is validated
  bool usable_on_error_ = false;
  bool usable_disconnected_ = false;  // when the origin cannot even be reached
  bool validating_ = false;
  bool waited_ = false;  // for somebody else's answer
  bool over_ = false;
  std::optional<cache::Flight> flight_;
  std::optional<RefreshDuty> duty_;  // of a refresh
  uint64_t ticket_ = 0;
  cache::Time sent_{};
};

}  // namespace verge::bindings

#endif  // BINDINGS_CACHE_HTTP_CACHE_H_
