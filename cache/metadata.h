// From messages to what is stored about them: the pieces of storing.h, vary.h and validation.h put together.
#ifndef CACHE_METADATA_H_
#define CACHE_METADATA_H_

#include "cache/entry.h"
#include "cache/fields.h"
#include "cache/rules.h"
#include "cache/storing.h"
#include "cache/time.h"

namespace verge::cache {

// Of a response that DecideToStore lets in.
Metadata MakeMetadata(const RequestView& request, const ResponseView& response, const Rules& rules,
                      const StoreDecision& decision);

// RFC 9111, 4.3.4: of a stored response after a 304 that selects it (or a HEAD that confirms it, 4.3.5) has come.
Metadata RefreshedMetadata(const Entry& stored, const RequestView& request, Fields update, const Rules& rules,
                           Time request_time, Time response_time);

}  // namespace verge::cache

#endif  // CACHE_METADATA_H_
