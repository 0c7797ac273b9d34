// multipart/form-data (RFC 7578), parsed strictly and written as browsers do
// (https://html.spec.whatwg.org/#multipart-form-data). No V8.
#ifndef BINDINGS_FORMDATA_MULTIPART_H_
#define BINDINGS_FORMDATA_MULTIPART_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace verge::bindings {

struct MultipartLimits {
  size_t parts = 100'000;
  size_t header_bytes = 16 * 1024;  // of one part
};

struct MultipartPart {
  std::string name;                         // UTF-8
  std::optional<std::string> filename;      // UTF-8; a file if there is one
  std::optional<std::string> content_type;  // bytes as they came
  size_t offset = 0;                        // of the content in the body
  size_t size = 0;
};

// The parts of `body`, whose `boundary` is the parameter of its MIME type. An error is a sentence for a developer.
// Takes time in proportion to the body's length, whatever is in it.
std::expected<std::vector<MultipartPart>, std::string> ParseMultipart(std::string_view body, std::string_view boundary,
                                                                      const MultipartLimits& limits = {});

// A boundary made of random bytes (16 or more). It is long enough that content does not contain it by chance, and
// cannot by intention.
std::string MakeBoundary(std::span<const uint8_t> random);
inline constexpr size_t kBoundaryRandomBytes = 24;

// What goes before an entry's content; "\r\n" goes behind it. Names and file names are UTF-8; line breaks of names
// become CRLF.
std::string MultipartFieldHead(std::string_view boundary, std::string_view name);
std::string MultipartFileHead(std::string_view boundary, std::string_view name, std::string_view filename,
                              std::string_view content_type);
// What goes behind the last entry.
std::string MultipartEnd(std::string_view boundary);

// Each CR, LF and CRLF becomes CRLF: for the values of fields.
std::string NormalizeLineBreaks(std::string_view text);

}  // namespace verge::bindings

#endif  // BINDINGS_FORMDATA_MULTIPART_H_
