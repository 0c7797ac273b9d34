// Sees, for the price of a few reads of memory, whether anybody has changed a database: this process or another.
#ifndef KV_CHANGE_WATCH_H_
#define KV_CHANGE_WATCH_H_

#include <cstdint>
#include <memory>

#include "sqlite/database.h"

namespace verge::kv {

// SQLite's processes tell each other what is committed in the log through shared memory: the file "-shm" has a header
// (https://www.sqlite.org/walformat.html#the_wal_index_header) that each commit rewrites as its last step, and that
// each reader looks at first. A connection of SQLite's own has that memory mapped, so reading the header costs no
// system call, and what it says is what SQLite's readers go by: as long as it has not changed, a read of the database
// would give what the last one gave.
//
// `PRAGMA data_version` tells the same and costs two file locks (2 µs) and a connection for each thread.
class ChangeWatch {
 public:
  // Takes over a connection that has read from the database, and keeps it open as long as this lives. Null when the
  // header is not of the version that is known: then there is no such shortcut.
  static std::unique_ptr<ChangeWatch> Create(std::unique_ptr<sqlite::Database> database);

  // What state the database is in. Any thread. Equal: nothing was committed in between. Never 0.
  [[nodiscard]] uint64_t Fingerprint() const;

  struct State {
    uint64_t fingerprint = 0;
    uint32_t commits = 0;  // counts up by one with each
    bool stable = false;   // false: a commit is being written at this moment
  };
  // The same with the number of the commit.
  [[nodiscard]] State Read() const;

 private:
  ChangeWatch(std::unique_ptr<sqlite::Database> database, const uint64_t* header)
      : database_(std::move(database)), header_(header) {}

  const std::unique_ptr<sqlite::Database> database_;
  const uint64_t* const header_;  // shared with other processes
};

}  // namespace verge::kv

#endif  // KV_CHANGE_WATCH_H_
