// What a client sees when a worker fails.
#ifndef BINDINGS_FETCH_ERROR_PAGE_H_
#define BINDINGS_FETCH_ERROR_PAGE_H_

#include <string>
#include <string_view>

#include "http/message.h"

namespace verge::bindings {

struct ErrorPage {
  std::string_view content_type;
  std::string body;
};

// HTML for browsers, plain text for others. `code` is Cloudflare's number for the kind of failure: 1101 (exception),
// 1102 (limit). `reason` is shown in development only: it is for the worker's author, not for the world.
ErrorPage MakeErrorPage(const http::RequestHead& head, int status, int code, std::string_view reason, bool development);

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_ERROR_PAGE_H_
