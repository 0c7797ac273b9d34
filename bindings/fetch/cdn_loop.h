// The CDN-Loop field (RFC 8586): how a worker that calls itself, over however many hops, is found out.
#ifndef BINDINGS_FETCH_CDN_LOOP_H_
#define BINDINGS_FETCH_CDN_LOOP_H_

#include <string>

#include "http/message.h"

namespace verge::bindings {

// A request that has come through verge more often than this is refused.
inline constexpr int kMaxLoops = 16;

// Whether the request has come around too often.
bool IsInLoop(const http::RequestHead& head);

// The field for a request that is made on behalf of `head` (null: of nobody).
std::string NextCdnLoop(const http::RequestHead* head);

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_CDN_LOOP_H_
