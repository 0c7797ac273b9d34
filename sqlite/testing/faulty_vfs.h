// A file system below SQLite that fails when it is told to: I/O errors, a full disk, writes that stop half-way. For
// tests of everything that stands on sqlite/.
#ifndef SQLITE_TESTING_FAULTY_VFS_H_
#define SQLITE_TESTING_FAULTY_VFS_H_

#include <cstdint>

namespace verge::sqlite::testing {

// Kinds of calls, to be combined.
enum FaultyCall : uint32_t {
  kOpenCall = 1,
  kReadCall = 2,
  kWriteCall = 4,
  kSyncCall = 8,
  kTruncateCall = 16,
  kDeleteCall = 32,
  kChanges = kWriteCall | kSyncCall | kTruncateCall | kDeleteCall,
  kEveryCall = 63,
};

// One for the process, registered under `name()`; OpenOptions::vfs selects it. Faultless until told otherwise. Any
// thread.
class FaultyVfs {
 public:
  static FaultyVfs& Get();
  static const char* name() { return "verge-faulty"; }

  // No faults any more.
  void Reset();

  // From now on `passes` calls of the kinds `calls` go well, and the next fails with SQLite's `code` (SQLITE_IOERR is
  // made the one that fits the call); `sticky`: all that follow as well.
  void FailAfter(int64_t passes, uint32_t calls, int code, bool sticky = false);

  // Files may grow by so many bytes altogether; then writes fail with SQLITE_FULL.
  void LimitGrowth(int64_t bytes);

  // A write that fails has put the first half of its bytes into the file.
  void SetShortWrites(bool on);

  // Calls of the kinds given to FailAfter since then, and whether one has failed.
  int64_t calls() const;
  bool failed() const;

 private:
  FaultyVfs();
};

}  // namespace verge::sqlite::testing

#endif  // SQLITE_TESTING_FAULTY_VFS_H_
