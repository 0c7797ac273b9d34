#include "cache/listing.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace verge::cache {

namespace {

bool SameEntry(const ListedEntry& a, const ListedEntry& b) {
  return a.key == b.key && a.name == b.name && a.vary == b.vary;
}

uint64_t EndOf(const ListedPart& part) { return part.end.value_or(UINT64_MAX); }

}  // namespace

ListPage MergeParts(const ListRequest& request, ListedPart memory, ListedPart disk) {
  std::optional<uint64_t> end;
  if (memory.end || disk.end) end = std::min(EndOf(memory), EndOf(disk));
  std::vector<ListedPart::Item> items = std::move(memory.items);
  std::ranges::move(disk.items, std::back_inserter(items));
  if (end) std::erase_if(items, [end](const ListedPart::Item& item) { return item.position >= *end; });
  // Of the same entry the latest, which is in memory when it is in both: what is on disk then is the same or about to
  // be replaced.
  std::ranges::stable_sort(items, [](const ListedPart::Item& a, const ListedPart::Item& b) {
    return std::tie(a.position, b.entry.sequence) < std::tie(b.position, a.entry.sequence);
  });

  ListPage page;
  size_t group = 0;  // where the entries of the current position begin
  for (size_t i = 0; i < items.size(); ++i) {
    const bool first = i == 0 || items[i].position != items[i - 1].position;
    if (first && page.entries.size() >= request.limit) {
      page.next = items[i].position;
      return page;
    }
    if (first) group = page.entries.size();
    ListedEntry& entry = items[i].entry;
    if (!request.contains.empty() && !entry.key.contains(request.contains) && !entry.url.contains(request.contains)) {
      continue;
    }
    const auto known = std::find_if(page.entries.begin() + static_cast<std::ptrdiff_t>(group), page.entries.end(),
                                    [&](const ListedEntry& each) { return SameEntry(each, entry); });
    if (known == page.entries.end()) {
      page.entries.push_back(std::move(entry));
    } else if (known->sequence == entry.sequence) {
      known->in_memory |= entry.in_memory;
      known->on_disk |= entry.on_disk;
    }
  }
  page.next = end;
  return page;
}

}  // namespace verge::cache
