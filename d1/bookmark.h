// Bookmarks: which state of the database a session has seen.
//
// One database has one place here, every query sees every commit before it, and so no query ever has to wait for a
// bookmark. They have D1's form (four groups of hexadecimal digits) and, compared as text, its order: what is committed
// later has the greater one, also in another process or after a restart, as far as the clock goes forward.
#ifndef D1_BOOKMARK_H_
#define D1_BOOKMARK_H_

#include <atomic>
#include <cstdint>
#include <string>

namespace verge::d1 {

std::string FormatBookmark(uint64_t microseconds);

// Of one database. Thread-safe.
class BookmarkClock {
 public:
  BookmarkClock();
  // A commit has happened.
  void Advance();
  // Of the last one.
  [[nodiscard]] std::string Current() const { return FormatBookmark(last_.load(std::memory_order_acquire)); }

 private:
  std::atomic<uint64_t> last_;
};

}  // namespace verge::d1

#endif  // D1_BOOKMARK_H_
