#include "cache/invalidation.h"

#include <ada.h>

#include <algorithm>
#include <array>

namespace verge::cache {

bool IsSafeMethod(std::string_view method) {
  constexpr std::array<std::string_view, 5> kSafe = {"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"};
  return std::ranges::find(kSafe, method) != kSafe.end();
}

std::vector<std::string> InvalidatedUrls(const RequestView& request, const ResponseView& response) {
  std::vector<std::string> urls;
  if (IsSafeMethod(request.method) || response.status < 200 || response.status >= 400) return urls;
  auto target = ada::parse<ada::url_aggregator>(request.url);
  if (!target) return urls;
  target->set_hash("");
  urls.emplace_back(target->get_href());
  for (const std::string_view name : {"location", "content-location"}) {
    const auto value = FindField(response.fields, name);
    if (!value) continue;
    auto url = ada::parse<ada::url_aggregator>(*value, &*target);

    // Another origin's responses are not this one's to invalidate.
    if (!url || url->get_origin() != target->get_origin()) continue;
    url->set_hash("");
    if (std::ranges::find(urls, url->get_href()) == urls.end()) urls.emplace_back(url->get_href());
  }
  return urls;
}

}  // namespace verge::cache
