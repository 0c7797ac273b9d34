#include "cli/cache/cache_routes.h"

#include <unistd.h>

#include <algorithm>
#include <format>
#include <utility>

#include "config/problem.h"
#include "config/suggest.h"
#include "config/value.h"

namespace verge::cli {
namespace {

using config::JsonString;
using config::Quoted;
using config::Value;
using Kind = Value::Kind;

struct NamedCounter {
  const char* name;
  uint64_t cache::Counters::* value;
};
constexpr NamedCounter kCounters[] = {
    {"hits", &cache::Counters::hits},
    {"disk_hits", &cache::Counters::disk_hits},
    {"misses", &cache::Counters::misses},
    {"stale", &cache::Counters::stale},
    {"stores", &cache::Counters::stores},
    {"refused", &cache::Counters::refused},
    {"evictions", &cache::Counters::evictions},
    {"disk_evictions", &cache::Counters::disk_evictions},
    {"disk_failures", &cache::Counters::disk_failures},
    {"corrupt", &cache::Counters::corrupt},
    {"objects", &cache::Counters::objects},
    {"memory_bytes", &cache::Counters::memory_bytes},
    {"disk_objects", &cache::Counters::disk_objects},
    {"disk_bytes", &cache::Counters::disk_bytes},
};

// A list of texts. False: it is something else.
bool ReadTexts(const Value& value, std::vector<std::string>* out) {
  if (!value.Is(Kind::kArray)) return false;
  for (const Value& item : value.items) {
    if (!item.Is(Kind::kString) || item.text.empty()) return false;
    out->push_back(item.text);
  }
  return true;
}

std::string JsonList(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + JsonString(text);
  return out + "]";
}

}  // namespace

std::expected<PurgeOrder, std::string> ReadPurgeOrder(std::string_view json) {
  auto document = config::ReadJsonc(json, "the request");
  if (!document) return std::unexpected(document.error().message);
  PurgeOrder order;
  bool everything = false;
  bool soft = false;
  std::vector<std::string> tags;
  std::vector<std::string> prefixes;
  for (const config::Member& member : document->root.members) {
    const Value& value = member.value;
    bool right = false;
    if (member.name == "everything" || member.name == "soft") {
      right = value.Is(Kind::kBoolean);
      (member.name == "soft" ? soft : everything) = value.boolean;
    } else if (member.name == "tags") {
      right = ReadTexts(value, &tags);
    } else if (member.name == "prefixes") {
      right = ReadTexts(value, &prefixes);
    } else if (member.name == "workers") {
      right = ReadTexts(value, &order.workers);
    } else {
      return std::unexpected(
          std::format("{} is unknown; there are everything, tags, prefixes, soft and workers", Quoted(member.name)));
    }
    if (!right) return std::unexpected(std::format("{} cannot be {}", Quoted(member.name), value.Describe()));
  }
  if (everything) order.requests.push_back({.kind = cache::PurgeKind::kEverything, .text = {}, .soft = soft});
  for (std::string& tag : tags) {
    order.requests.push_back({.kind = cache::PurgeKind::kTag, .text = std::move(tag), .soft = soft});
  }
  for (std::string& prefix : prefixes) {
    order.requests.push_back({.kind = cache::PurgeKind::kPrefix, .text = std::move(prefix), .soft = soft});
  }
  if (order.requests.empty()) return std::unexpected("one of everything, tags and prefixes is needed");
  return order;
}

std::expected<std::vector<std::string>, std::string> Purge(cache::Service& service, const PurgeOrder& order) {
  const std::vector<std::string> known = service.Owners();
  for (const std::string& worker : order.workers) {
    if (std::ranges::find(known, worker) != known.end()) continue;
    const std::vector<std::string_view> names(known.begin(), known.end());
    return std::unexpected(
        std::format("no worker {} has used the cache{}", Quoted(worker), config::DidYouMean(worker, names)));
  }
  const std::vector<std::string>& owners = order.workers.empty() ? known : order.workers;
  for (const std::string& owner : owners) {
    for (const cache::PurgeRequest& request : order.requests) service.Purge(owner, request);
  }
  return owners;
}

std::string StatsJson(const cache::Service& service) {
  const cache::Counters counters = service.counters();
  std::string out = std::format("{{\n  \"pid\": {}", getpid());
  for (const NamedCounter& each : kCounters) out += std::format(",\n  \"{}\": {}", each.name, counters.*each.value);
  out += ",\n  \"workers\": [";
  bool first = true;
  for (const std::string& owner : service.Owners()) {
    const cache::Service::Usage usage = service.usage(owner);
    out += std::format("{}\n    {{ \"name\": {}, \"memory_bytes\": {}, \"disk_bytes\": {} }}", first ? "" : ",",
                       JsonString(owner), usage.memory_bytes, usage.disk_bytes);
    first = false;
  }
  return out + (first ? "]\n}\n" : "\n  ]\n}\n");
}

std::vector<AdminRoute> CacheRoutes(cache::Service& service) {
  return {
      {"GET", "/cache/stats",
       [&service](std::string_view) { return AdminReply{.status = 200, .json = StatsJson(service)}; }},
      {"POST", "/cache/purge",
       [&service](std::string_view body) {
         auto order = ReadPurgeOrder(body);
         if (!order) return AdminError(400, order.error());
         auto owners = Purge(service, *order);
         if (!owners) return AdminError(404, owners.error());
         return AdminReply{.status = 200, .json = std::format("{{\"workers\": {}}}\n", JsonList(*owners))};
       }},
  };
}

}  // namespace verge::cli
