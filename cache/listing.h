// Looking through what an owner has in the cache, page by page: for people, not for requests.
#ifndef CACHE_LISTING_H_
#define CACHE_LISTING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/freshness.h"
#include "cache/vary.h"

namespace verge::cache {

// A stored response, without its body and fields.
struct ListedEntry {
  std::string name;  // of the namespace
  std::string key;
  std::string url;  // of the request; may be the key
  int status = 0;
  Lifetime lifetime;
  VaryKey vary;
  std::vector<std::string> tags;
  uint64_t sequence = 0;  // in the order of stores
  uint64_t bytes = 0;     // of the body
  bool in_memory = false;
  bool on_disk = false;
  bool invalidated = false;  // by a soft purge
};

struct ListRequest {
  std::string contains{};  // only entries with this in their key or URL
  uint64_t from = 0;       // ListPage::next; zero: from the start
  size_t limit = 100;      // of entries; variants of one key are never separated, so a page may have a few more
};

// Entries come in the order of their hashes, which is that of nothing in particular but stays the same from page to
// page. What is stored or removed meanwhile may or may not be there.
struct ListPage {
  std::vector<ListedEntry> entries;
  std::optional<uint64_t> next;  // where to go on; nullopt: that was the last page
};

// --- For the store.

// Where an entry stands in the order of pages: SQLite's order of hashes.
inline uint64_t PositionOf(uint64_t hash) { return hash ^ (uint64_t{1} << 63); }

// A part of the order, from one tier: all that it has from where it was asked to begin up to `end`, exclusively.
struct ListedPart {
  struct Item {
    uint64_t position = 0;
    ListedEntry entry;
  };
  std::vector<Item> items;
  std::optional<uint64_t> end;  // nullopt: up to the end
};

// How many entries a tier looks at for one page, at most (but for variants, which stay together).
inline constexpr size_t kMostLookedAt = 1000;

// What one page shows of the two.
ListPage MergeParts(const ListRequest& request, ListedPart memory, ListedPart disk);

}  // namespace verge::cache

#endif  // CACHE_LISTING_H_
