// Bytes of a worker's as JSON.
#ifndef CLI_DEV_EXPLORER_JSON_TEXT_H_
#define CLI_DEV_EXPLORER_JSON_TEXT_H_

#include <string>
#include <string_view>

namespace verge::cli {

// A string literal. What is not UTF-8 comes out as U+FFFD.
std::string JsonText(std::string_view bytes);

// ,"text":"…" for UTF-8, ,"base64":"…" for other bytes.
std::string JsonBytesMember(std::string_view bytes);

// False: `text` is not base64.
bool FromBase64(std::string_view text, std::string* bytes);

}  // namespace verge::cli

#endif  // CLI_DEV_EXPLORER_JSON_TEXT_H_
