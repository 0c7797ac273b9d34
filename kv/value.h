// What is stored under a key, as it is passed around in a process.
#ifndef KV_VALUE_H_
#define KV_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace verge::kv {

// Long values are held in pieces of this size, so that they can be read, sent and freed bit by bit.
inline constexpr size_t kPieceBytes = 256 * 1024;

// Never changes once others have it: caches, reads and writes share it across threads.
struct Value {
  std::string head;               // all of a short value, and of a long one that came in one piece
  std::vector<std::string> rest;  // pieces behind that
  std::string metadata;           // JSON text
  bool has_metadata = false;
  int64_t expiration = 0;  // in seconds since the epoch; 0: none

  [[nodiscard]] uint64_t size() const;
  [[nodiscard]] bool is_whole() const { return rest.empty(); }
  [[nodiscard]] bool is_short() const { return rest.empty() && head.size() <= kPieceBytes; }
  [[nodiscard]] bool expired(int64_t now) const { return expiration != 0 && expiration <= now; }
  // The bytes in one string.
  [[nodiscard]] std::string Join() const;

  // Appends bytes, in pieces.
  void Append(std::string_view bytes);
};

// Null: there is nothing under the key.
using ValuePtr = std::shared_ptr<const Value>;

struct ListedKey {
  std::string name;
  std::string metadata;
  bool has_metadata = false;
  int64_t expiration = 0;
};

struct ListPage {
  std::vector<ListedKey> keys;
  bool complete = true;
  std::string cursor;  // when it is not
};

struct ListRequest {
  std::string prefix;
  int64_t limit = 1000;
  std::string after;  // the key behind which to begin; "" is the beginning
};

}  // namespace verge::kv

#endif  // KV_VALUE_H_
