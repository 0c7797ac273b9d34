// Where a list goes on: opaque text for workers, which may send back anything.
#ifndef KV_CURSOR_H_
#define KV_CURSOR_H_

#include <optional>
#include <string>
#include <string_view>

namespace verge::kv {

// A cursor behind `key`, in the characters of base64url. Keys that are put between two pages and lie behind it are in
// the next page.
std::string EncodeCursor(std::string_view key);

// The key, or nothing: this was never a cursor. What is well-formed leads to a place in the order of keys and to
// nothing else, so that there is no harm in one that somebody made up.
std::optional<std::string> DecodeCursor(std::string_view cursor);

}  // namespace verge::kv

#endif  // KV_CURSOR_H_
