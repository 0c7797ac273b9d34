// What the admin socket of a running verge answers about its cache.
//
//   GET /cache/stats    counters, and what each worker holds
//   POST /cache/purge   {"everything": true, "tags": ["a"], "prefixes": ["example.com/a"], "soft": false,
//                        "workers": ["api"]}; without workers: of all of them. Answers {"workers": ["api"]}: whose
//                       entries were purged
#ifndef CLI_CACHE_CACHE_ROUTES_H_
#define CLI_CACHE_CACHE_ROUTES_H_

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "cache/service.h"
#include "cli/admin/admin_server.h"

namespace verge::cli {

// `service` outlives the routes.
std::vector<AdminRoute> CacheRoutes(cache::Service& service);

// The purges that such a body asks for, and of whose entries. The error says what is wrong with it.
struct PurgeOrder {
  std::vector<cache::PurgeRequest> requests;
  std::vector<std::string> workers;  // empty: all
};
std::expected<PurgeOrder, std::string> ReadPurgeOrder(std::string_view json);

// Purges. Whose entries it was, or that there is no such worker.
std::expected<std::vector<std::string>, std::string> Purge(cache::Service& service, const PurgeOrder& order);

// Counters and usage as a JSON object.
std::string StatsJson(const cache::Service& service);

}  // namespace verge::cli

#endif  // CLI_CACHE_CACHE_ROUTES_H_
