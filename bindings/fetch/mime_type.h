// MIME types (https://mimesniff.spec.whatwg.org/#mime-type). No V8.
#ifndef BINDINGS_FETCH_MIME_TYPE_H_
#define BINDINGS_FETCH_MIME_TYPE_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace verge::bindings {

// A parsed MIME type. All strings are bytes as they stand in a header: code points up to U+00FF, one byte each.
struct MimeType {
  std::string type;     // lower case: "text"
  std::string subtype;  // lower case: "html"
  // Names are lower case and differ from each other.
  std::vector<std::pair<std::string, std::string>> parameters;

  [[nodiscard]] std::string Essence() const { return type + "/" + subtype; }
  [[nodiscard]] bool Is(std::string_view wanted_type, std::string_view wanted_subtype) const {
    return type == wanted_type && subtype == wanted_subtype;
  }
  // Null when there is none of that name (lower case).
  [[nodiscard]] const std::string* Parameter(std::string_view name) const;
  void SetParameter(std::string_view name, std::string value);

  // "Serialize a MIME type": "text/html;charset=utf-8".
  [[nodiscard]] std::string Serialize() const;
};

// "Parse a MIME type". Nothing: failure. Linear in the length of its input but for a logarithm.
std::optional<MimeType> ParseMimeType(std::string_view input);

// "Extract a MIME type" (https://fetch.spec.whatwg.org/#concept-header-extract-mime-type) from the combined value of
// all Content-Type headers. Nothing: failure.
std::optional<MimeType> ExtractMimeType(std::string_view header);

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_MIME_TYPE_H_
