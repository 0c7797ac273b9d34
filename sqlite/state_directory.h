// Where on disk what workers store lives: `--data DIR`. One folder for each kind of service, one file for each store:
//
//   DIR/kv/<namespace id>.sqlite     DIR/d1/<database id>.sqlite     DIR/cache/…
//
// Where many workers share a process, each has a folder of this form for the ids that it names itself: its space,
// DIR/workers/<name>/kv/… and so on.
//
// Several processes may use one at the same time; SQLite's locks keep them apart.
#ifndef SQLITE_STATE_DIRECTORY_H_
#define SQLITE_STATE_DIRECTORY_H_

#include <string>
#include <string_view>
#include <vector>

#include "sqlite/error.h"

namespace verge::sqlite {

// Immutable: any thread.
class StateDirectory {
 public:
  explicit StateDirectory(std::string root) : root_(std::move(root)) {}

  [[nodiscard]] const std::string& root() const { return root_; }

  // The folder of a space ("workers/shop", made of safe ids) as one of its own; "" is this one.
  [[nodiscard]] StateDirectory Within(std::string_view space) const;

  // Whether a configuration's id can be a file's name: 1 to 128 of the characters A-Z a-z 0-9 . _ -, not a dot at the
  // beginning.
  static bool IsSafeId(std::string_view id);
  // The same as an error text, "" when it is safe: `the id "../x" cannot be …`.
  static std::string CheckId(std::string_view id);

  // DIR/<area>.
  [[nodiscard]] std::string AreaPath(std::string_view area) const;
  // DIR/<area>/<id>.sqlite. `id` is safe.
  [[nodiscard]] std::string DatabasePath(std::string_view area, std::string_view id) const;

  // Makes DIR/<area> and what is missing above it, all with mode 0700. Called when something is first written.
  Result<> Create(std::string_view area) const;

  // The ids of the files <id>.sqlite in an area, sorted. An area that is not there has none.
  [[nodiscard]] std::vector<std::string> Ids(std::string_view area) const;

 private:
  const std::string root_;
};

}  // namespace verge::sqlite

#endif  // SQLITE_STATE_DIRECTORY_H_
