#include "bindings/fetch/error_page.h"

#include <simdutf.h>

#include <cstdio>

namespace verge::bindings {
namespace {

std::string Escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '\'':
        out += "&#39;";
        break;
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

bool Accepts(const http::RequestHead& head, std::string_view type) {
  auto accept = head.header("accept");
  return accept && accept->find(type) != std::string_view::npos;
}

// As a literal of JSON. What is no UTF-8 (a bundler's excerpt of a binary file) comes out in ASCII.
std::string Json(std::string_view text) {
  bool ascii_only = !simdutf::validate_utf8(text.data(), text.size());
  std::string out = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
      out += escaped;
    } else {
      out += ascii_only && byte >= 0x80 ? '?' : c;
    }
  }
  return out + '"';
}

std::string ExcerptHtml(const ErrorDetails& details) {
  std::string out = "<h2>" + Escape(details.file) + ":" + std::to_string(details.line) + ":" +
                    std::to_string(details.column) + "</h2><pre class=\"source\">";
  for (size_t i = 0; i < details.source.size(); ++i) {
    int number = details.first_line + static_cast<int>(i);
    bool here = number == details.line;
    out += here ? "<b>" : "<span>";
    std::string margin = std::to_string(number);
    out += std::string(margin.size() < 6 ? 6 - margin.size() : 0, ' ') + margin + "  " + Escape(details.source[i]);
    out += here ? "</b>\n" : "</span>\n";
  }
  return out + "</pre>";
}

}  // namespace

std::string_view ErrorTitle(int code) {
  switch (code) {
    case 1101:
      return "Worker threw exception";
    case 1102:
      return "Worker exceeded resource limits";
    default:
      return "Worker failed";
  }
}

ErrorPage MakeDetailedErrorPage(const http::RequestHead& head, int status, const ErrorDetails& details) {
  const std::string& trace = details.stack.empty() ? details.message : details.stack;
  if (Accepts(head, "text/html")) {
    std::string title = details.code == 0 ? "" : "Error " + std::to_string(details.code) + ": ";
    title += Escape(details.title);
    std::string body =
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width\"><title>" +
        title +
        "</title><style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:6vh auto;"
        "max-width:64rem;padding:0 1rem}h1{font-size:1rem;opacity:.7;font-weight:400}h2{font-size:.9rem}"
        ".message{font-size:1.3rem;font-weight:600;white-space:pre-wrap;overflow-wrap:anywhere}"
        "pre{background:#8882;padding:1rem;overflow:auto;font-size:.85rem}pre b{display:inline-block;min-width:100%;"
        "background:#d333;font-weight:400}</style><h1>" +
        title + " (HTTP status " + std::to_string(status) + ")</h1>";
    // A bundler's message has an excerpt, set for a fixed width, below it.
    bool lines = details.message.find('\n') != std::string::npos;
    body += lines ? "<pre>" + Escape(details.message) + "</pre>"
                  : "<p class=\"message\">" + Escape(details.message) + "</p>";
    if (!details.source.empty()) body += ExcerptHtml(details);
    if (!details.stack.empty()) body += "<h2>Stack</h2><pre>" + Escape(details.stack) + "</pre>";
    return {"text/html;charset=UTF-8", body + "</html>\n"};
  }
  if (Accepts(head, "application/json")) {
    std::string body = "{\"code\":" + std::to_string(details.code) + ",\"title\":" + Json(details.title) +
                       ",\"message\":" + Json(details.message) + ",\"stack\":" + Json(details.stack);
    if (!details.file.empty()) {
      body += ",\"file\":" + Json(details.file) + ",\"line\":" + std::to_string(details.line) +
              ",\"column\":" + std::to_string(details.column);
    }
    return {"application/json", body + "}\n"};
  }
  std::string body = details.code == 0 ? "" : "error code: " + std::to_string(details.code) + "\n";
  body.append(details.title).append("\n\n").append(trace).append("\n");
  return {"text/plain;charset=UTF-8", std::move(body)};
}

ErrorPage MakeErrorPage(const http::RequestHead& head, int status, int code) {
  std::string title = "Error " + std::to_string(code) + ": " + std::string(ErrorTitle(code));
  auto accept = head.header("accept");
  if (!accept || accept->find("text/html") == std::string_view::npos) {
    std::string body = "error code: " + std::to_string(code) + "\n" + std::string(ErrorTitle(code)) + "\n";
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
  body += "</html>\n";
  return {"text/html;charset=UTF-8", std::move(body)};
}

}  // namespace verge::bindings
