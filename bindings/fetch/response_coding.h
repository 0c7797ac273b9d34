// Content codings of responses on their way to a client (RFC 9110, 8.4). No V8.
//
// Workers' rule, `encodeBody: "automatic"`: what JavaScript sees and gives is never coded, and a response with
// Content-Encoding is coded by the runtime. A body that came from an origin in that coding passes as it is.
#ifndef BINDINGS_FETCH_RESPONSE_CODING_H_
#define BINDINGS_FETCH_RESPONSE_CODING_H_

#include <optional>
#include <string_view>

#include "http/content_coding.h"
#include "http/server.h"

namespace verge::bindings {

// Whether a request with this Accept-Encoding takes the coding (RFC 9110, 12.5.3). Without the field: no, as clients
// that leave it out hardly ever decode.
bool AcceptsCoding(std::optional<std::string_view> accept_encoding, http::ContentCoding coding);

// Brings a body into `coding`.
void EncodeResponseBody(http::ResponseBody* body, http::ContentCoding coding);

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_RESPONSE_CODING_H_
