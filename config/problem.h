// What is wrong with a configuration, and where: the unit of everything that a user is told about one.
#ifndef CONFIG_PROBLEM_H_
#define CONFIG_PROBLEM_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace verge::config {

// A place in a text file. Both count from 1, the column in code points; 0 means "the file as a whole".
struct Position {
  int line = 0;
  int column = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

struct Problem {
  std::string file;  // as the user would name it; empty when no file is involved
  int line = 0;
  int column = 0;
  std::string message;

  // "wrangler.toml:12:1: message", leaving out what is not known.
  [[nodiscard]] std::string ToString() const;
};

// Text that came from outside, fit to stand in a message: in single quotes, on one line, without control characters
// (a file must not be able to drive the terminal), cut when it is long.
std::string Quoted(std::string_view text);

// The same escaping without the quotes and the cut.
std::string Printable(std::string_view text);

// Turns offsets into positions. Offsets must be asked for in ascending order, which keeps the whole walk linear; one
// that goes back answers with the position reached so far.
class PositionCounter {
 public:
  explicit PositionCounter(std::string_view text) : text_(text) {}
  Position At(size_t offset);

 private:
  std::string_view text_;
  size_t offset_ = 0;
  Position position_{1, 1};
};

}  // namespace verge::config

#endif  // CONFIG_PROBLEM_H_
