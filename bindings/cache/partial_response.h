// Parts of responses in an HTTP cache (RFC 9111, 3.3): what an origin gave as a 206 answers later requests for ranges
// that lie within it. One part is kept for a key, beside the whole response, which comes first. No V8.
#ifndef BINDINGS_CACHE_PARTIAL_RESPONSE_H_
#define BINDINGS_CACHE_PARTIAL_RESPONSE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/answer.h"
#include "cache/entry.h"
#include "cache/fields.h"
#include "cache/freshness.h"
#include "cache/range.h"

namespace verge::bindings {

// Where the part of a response is kept: under a key that no response has.
std::string PartKey(std::string_view key);

// What Content-Range says of a part: `bytes BEGIN-LAST/SIZE`.
struct PartPlace {
  cache::ByteRange range;
  uint64_t size = 0;  // of the whole
};
// nullopt: it is not that, or of a size that is not known.
std::optional<PartPlace> PlaceOfPart(cache::Fields response);

// A larger one is not kept: what is kept is fetched to its end, and who watches a film asks for all that comes from
// here on again and again.
inline constexpr uint64_t kLargestPart = uint64_t{8} << 20;

// Whether a 206 is one part, not too large, that can be told from those of other versions: it has a strong validator.
bool IsKeepablePart(const cache::ResponseView& response);

// The answer from a stored part; nullopt: it does not have what is asked for. `request` is a GET.
std::optional<cache::Answer> AnswerFromPart(const cache::Entry& part, const cache::RequestView& request,
                                            const cache::Verdict& verdict, cache::Time now,
                                            std::string_view cache_status);

}  // namespace verge::bindings

#endif  // BINDINGS_CACHE_PARTIAL_RESPONSE_H_
