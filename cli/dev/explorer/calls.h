// The calls of the explorer's page: names, parameters and answers, all of them JSON objects. Stores are named by the
// worker's bindings.
//
//   workers         {} → {"workers": [{"name", "kv": [{"binding", "id", "title"}], "d1": the same}]}
//   requests        {"since"} → RequestHistory::ToJson
//   requests/clear  {} → {}
//
// The others are about one worker, {"worker": its name}; without it about the first one.
//
//   kv/list         {"binding", "prefix", "after", "limit"} →
//                   {"keys": [{"name", "expiration", "metadata"}], "complete"}
//   kv/get          {"binding", "key"} →
//                   {"found", "size", "text" | "base64" | "tooLarge", "metadata", "expiration"}
//   kv/put          {"binding", "key", "text" | "base64", "metadata", "expiration"} → {}
//   kv/delete       {"binding", "key"} → {}
//   d1/tables       {"binding"} → {"tables": [{"name", "type", "sql"}]}
//   d1/query        {"binding", "sql"} → {"results": [{"columns", "rows", "more", "meta"}]}
//   cache/list      {"contains", "from", "limit"} → {"entries": [{"name", "key", "url", "status", "state", "age",
//                   "freshLeft", "staleWhileRevalidate", "staleIfError", "size", "tags", "vary", "memory", "disk"}],
//                   "next": the next "from", or null}
//   cache/purge     {"name", "key"}, {"tag"}, {"prefix"} or {"everything": true}; the last three with "soft" → {}
//
// Of cache entries: times are in seconds; `name` says whose the entry is, as bindings/cache/cache_host.h names them;
// `state` is "fresh", "revalidating" (stale, within stale-while-revalidate), "stale" or "invalidated". `expiration`:
// seconds since the epoch, null for none. `metadata`: JSON as text, null for none. A cell of a row is null, a number, a
// string, {"integer": "digits"} for what a number of JavaScript cannot hold, or {"blob": base64, "size"}, at most
// kMaxCellBytes of it.
#ifndef CLI_DEV_EXPLORER_CALLS_H_
#define CLI_DEV_EXPLORER_CALLS_H_

#include <string>
#include <string_view>

#include "cli/dev/explorer/call.h"

namespace verge::cli {

// Null: there is no call of that name.
Call::Handler FindCall(std::string_view name);

// --- For their implementations.

struct NamedCall {
  std::string_view name;
  Call::Handler handler;
};

// A member that is a string; null: it is missing, or something else.
const std::string* TextParameter(const config::Value& parameters, std::string_view name);

// The worker that "worker" names; null: the call has been failed.
std::shared_ptr<const ExplorerSubject::Worker> FindWorker(Call* call, const config::Value& parameters);

// The binding that "binding" names; null: the call has been failed.
const ExplorerSubject::Binding* FindBinding(const ExplorerSubject::Worker& worker,
                                            const std::vector<ExplorerSubject::Binding>& bindings, Call* call,
                                            const config::Value& parameters);

void ListKeys(Call* call, const config::Value& parameters);
void GetKey(Call* call, const config::Value& parameters);
void PutKey(Call* call, const config::Value& parameters);
void DeleteKey(Call* call, const config::Value& parameters);
void ListTables(Call* call, const config::Value& parameters);
void RunQuery(Call* call, const config::Value& parameters);
void ListCache(Call* call, const config::Value& parameters);
void PurgeCache(Call* call, const config::Value& parameters);

}  // namespace verge::cli

#endif  // CLI_DEV_EXPLORER_CALLS_H_
