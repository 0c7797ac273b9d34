#include "bindings/fetch/error_page.h"

namespace verge::bindings {
namespace {

std::string_view TitleOf(int code) {
  switch (code) {
    case 1101:
      return "Worker threw exception";
    case 1102:
      return "Worker exceeded resource limits";
    default:
      return "Worker failed";
  }
}

std::string Escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

ErrorPage MakeErrorPage(const http::RequestHead& head, int status, int code, std::string_view reason,
                        bool development) {
  std::string title = "Error " + std::to_string(code) + ": " + std::string(TitleOf(code));
  auto accept = head.header("accept");
  if (!accept || accept->find("text/html") == std::string_view::npos) {
    std::string body = "error code: " + std::to_string(code) + "\n" + std::string(TitleOf(code)) + "\n";
    if (development) body += "\n" + std::string(reason) + "\n";
    return {"text/plain;charset=UTF-8", std::move(body)};
  }
  std::string body =
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>" +
      title +
      "</title><style>body{font:16px/1.5 system-ui,sans-serif;margin:10vh auto;max-width:50rem;padding:0 "
      "1rem;color:#222}"
      "h1{font-size:1.4rem}pre{background:#f4f4f4;padding:1rem;overflow:auto}</style><h1>" +
      title + "</h1><p>HTTP status " + std::to_string(status) + "</p>";
  if (development) body += "<pre>" + Escape(reason) + "</pre>";
  body += "</html>\n";
  return {"text/html;charset=UTF-8", std::move(body)};
}

}  // namespace verge::bindings
