// Asking the origin whether a stored response still holds, and what follows from its answer: RFC 9111, 4.3. Pure
// functions.
#ifndef CACHE_VALIDATION_H_
#define CACHE_VALIDATION_H_

#include <string>
#include <vector>

#include "cache/fields.h"
#include "cache/freshness.h"
#include "cache/rules.h"

namespace verge::cache {

// RFC 9111, 4.3.1: the request's fields with its own conditions (and Range) taken out, and with If-None-Match and/or
// If-Modified-Since of the stored response put in. Views into both. The same as the request's fields, less the
// conditions, when the stored response has no validator.
std::vector<HeaderField> ConditionalRequestFields(Fields request, Fields stored);

// RFC 9111, 4.3.4: whether a 304 is about this stored response: by its strong validator, else by weak ones, else (it
// has none) because the stored one has none either or was the one asked about.
bool NotModifiedSelects(Fields not_modified, Fields stored);

// RFC 9111, 3.2: the stored fields, with those of a 304 (or of a HEAD's 200) in place of theirs. Not replaced: what
// describes the stored body (Content-Encoding, Content-Type, Content-Range, Content-Length, ETag of another kind …) and
// what is never stored. Views into both.
std::vector<HeaderField> UpdatedFields(Fields stored, Fields update);

// RFC 9111, 4.3.5: what a successful HEAD does to a stored response to GET.
enum class HeadEffect : uint8_t {
  kNone,        // says nothing about it
  kUpdate,      // confirms it: update its fields
  kInvalidate,  // it has changed
};
HeadEffect EffectOfHead(const ResponseView& head, Fields stored, uint64_t stored_size);

}  // namespace verge::cache

#endif  // CACHE_VALIDATION_H_
