// What a client sees when a worker fails.
#ifndef BINDINGS_FETCH_ERROR_PAGE_H_
#define BINDINGS_FETCH_ERROR_PAGE_H_

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace verge::bindings {

struct ErrorPage {
  std::string_view content_type;
  std::string body;
};

// What a worker's author is told. All of it is text from outside; pages escape it.
struct ErrorDetails {
  std::string_view title;
  int code = 0;  // as below; 0: none
  std::string message;
  std::string stack;  // or ""
  std::string file;   // where, or ""
  int line = 0;
  int column = 0;
  int first_line = 0;               // of the excerpt
  std::vector<std::string> source;  // the lines around `line`, or none
};

// For development: HTML for browsers, JSON for those who accept it, plain text for others.
ErrorPage MakeDetailedErrorPage(const http::RequestHead& head, int status, const ErrorDetails& details);

std::string_view ErrorTitle(int code);

// For the world, which is told no more: HTML for browsers, plain text for others. `code` is Cloudflare's number for the
// kind of failure: 1101 (exception), 1102 (limit).
ErrorPage MakeErrorPage(const http::RequestHead& head, int status, int code);

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_ERROR_PAGE_H_
