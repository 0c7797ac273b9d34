// Which files a process may open (Landlock, since Linux 5.13). See landlock(7).
//
// What is not allowed cannot be opened, made, renamed or removed; files that are open already stay so. Reading a file's
// attributes and following links are not restricted.
#ifndef CONFINE_LANDLOCK_H_
#define CONFINE_LANDLOCK_H_

#include <cstdint>
#include <expected>
#include <string>

namespace verge::confine {

enum class FileAccess : uint8_t {
  kRead,       // files and folders
  kReadWrite,  // and to write, make, rename and remove files and folders
  kExecute,    // reading, and running programs
};

// The rules, as they are collected; Enforce makes them count.
class FileRules {
 public:
  // The version of Landlock that this kernel has; 0: none.
  static int Version();

  // Nothing is allowed so far. Fails when there is no Landlock.
  static std::expected<FileRules, std::string> Create();
  ~FileRules();
  FileRules(FileRules&& other) noexcept;
  FileRules& operator=(FileRules&&) = delete;

  // `path` and what is below it, now and later. A path that does not exist is left out: false.
  bool Allow(const std::string& path, FileAccess access);

  // For the calling thread and all that it starts, for good. Needs no_new_privs. Beside files it takes away to bind TCP
  // ports, to signal other processes and to reach their abstract sockets, where the kernel knows how.
  std::expected<void, std::string> Enforce();

 private:
  FileRules(int version, int fd) : version_(version), fd_(fd) {}
  const int version_;
  int fd_;
};

}  // namespace verge::confine

#endif  // CONFINE_LANDLOCK_H_
