#include "bindings/cache/post_response.h"

#include <utility>

#include "bindings/cache/stored_response.h"
#include "cache/answer.h"
#include "cache/metadata.h"
#include "cache/rules.h"
#include "cache/storing.h"
#include "cache/writer.h"

namespace verge::bindings {

http::Ref<http::ClientResponse> KeepResponseToPost(CacheHost& host, const std::string& url, cache::Fields request,
                                                   cache::Time sent, http::Ref<http::ClientResponse> response,
                                                   const http::Ref<http::ClientExchange>& exchange) {
  // The usual one says nothing of the kind.
  if (!response->header("content-location") || !response->body()) return response;
  const cache::Rules rules = cache::Rules::HttpCache();
  const cache::RequestView view{.method = "POST", .url = url, .fields = request};
  const cache::ResponseView got{.status = response->status(), .fields = response->headers()};
  const cache::Time now = host.Now();
  const cache::StoreDecision decision = cache::DecideToStore(view, got, rules, sent, now);
  if (!decision.store()) return response;
  cache::StoreRequest store;
  store.key = url;
  store.metadata = cache::MakeMetadata(view, got, rules, decision);
  store.metadata.status_text = response->status_text();
  store.length = response->body()->length();
  auto writer = host.fetch_namespace()->Begin(std::move(store));
  if (!writer) return response;
  const cache::EntryRef entry = (*writer)->entry();
  const cache::AnswerOptions options{.age = true, .cache_status = "MISS", .conditions = false, .ranges = false};
  auto reading = http::MakeRef<StoredResponse>(
      entry, cache::AnswerFrom(*entry, view, cache::Judge(entry->lifetime(), now), now, options), host.executor());
  cache::Fill(response->TakeBody(), *std::move(writer), host.executor(), [exchange](const cache::EntryRef&) {});
  return reading;
}

}  // namespace verge::bindings
