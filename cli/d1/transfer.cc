// `verge d1 export` and `verge d1 import`.
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <format>
#include <memory>
#include <string>

#include "cli/d1/commands.h"
#include "cli/options/options.h"
#include "d1/dump.h"
#include "d1/sql_text.h"
#include "sqlite/database.h"

namespace verge::cli {
namespace {

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

bool Exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

// Page by page, in one transaction of the target: those who read it go on with what it was.
sqlite::Result<> CopyInto(sqlite::Database& target, sqlite::Database& source) {
  sqlite3_backup* backup = sqlite3_backup_init(target.raw(), "main", source.raw(), "main");
  if (!backup) return std::unexpected(sqlite::ErrorOf(target.raw(), sqlite3_extended_errcode(target.raw())));
  int code = SQLITE_OK;
  for (int tries = 0; tries < 600; ++tries) {
    code = sqlite3_backup_step(backup, -1);
    if (code != SQLITE_BUSY && code != SQLITE_LOCKED) break;
    sqlite3_sleep(50);
  }
  const int finished = sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) return std::unexpected(sqlite::ErrorOf(target.raw(), code));
  if (finished != SQLITE_OK) return std::unexpected(sqlite::ErrorOf(target.raw(), finished));
  return {};
}

}  // namespace

int D1Export(D1Client& client, const D1Arguments& arguments) {
  auto database = sqlite::Database::Open(client.path(), {.mode = sqlite::OpenMode::kRead});
  if (!database) return D1Fail(database.error().message, kUsageExitCode);
  // It appears under its name when it is whole.
  const std::string fresh = arguments.output.empty() ? "" : arguments.output + ".new";
  std::unique_ptr<std::FILE, FileCloser> file;
  if (!fresh.empty()) {
    file.reset(std::fopen(fresh.c_str(), "wbe"));
    if (!file) return D1Fail(fresh + ": " + std::strerror(errno), kUsageExitCode);
  }
  std::FILE* out = file ? file.get() : stdout;
  d1::DumpOptions options;
  options.schema = arguments.schema;
  options.data = arguments.content;
  options.tables = arguments.tables;
  int error = 0;
  auto done = d1::Dump(**database, options, [&](std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), out) == text.size()) return true;
    error = errno;
    return false;
  });
  if (done && std::fflush(out) != 0) {
    error = errno;
    done = sqlite::Fail(sqlite::kSystem, "cannot write");
  }
  if (!done) {
    if (!fresh.empty()) (void)::unlink(fresh.c_str());
    std::string message = done.error().message;
    if (error != 0) message += std::format(": {}", std::strerror(error));
    return D1Fail(message, kRefusedExitCode);
  }
  if (!fresh.empty() && std::rename(fresh.c_str(), arguments.output.c_str()) != 0) {
    return D1Fail(arguments.output + ": " + std::strerror(errno), kRefusedExitCode);
  }
  return 0;
}

int D1Import(D1Client& client, const D1Arguments& arguments) {
  const std::string& from = arguments.words[0];
  auto source = sqlite::Database::Open(from, {.mode = sqlite::OpenMode::kRead});
  if (!source) return D1Fail(source.error().message, kUsageExitCode);
  auto check = (*source)->PrepareUncached("PRAGMA quick_check(1)");
  auto row = check ? check->Step() : sqlite::Result<bool>(std::unexpected(check.error()));
  if (!row) return D1Fail(from + ": " + row.error().message, kUsageExitCode);
  if (const std::string_view found = check->Text(0); found != "ok") {
    return D1Fail(std::format("{}: this database is damaged: {}", from, found), kUsageExitCode);
  }
  *check = {};
  if (auto made = client.directory().Create("d1"); !made) return D1Fail(made.error().message, kUsageExitCode);
  const std::string& path = client.path();
  if (!Exists(path)) {
    // A fresh file beside its place, which then gets its name unless somebody was first.
    const std::string fresh = std::format("{}.import-{}", path, ::getpid());
    (void)::unlink(fresh.c_str());
    auto done = (*source)->Execute(std::format("PRAGMA query_only=0; VACUUM INTO {}", d1::QuoteText(fresh)).c_str());
    const int fd = done ? ::open(fresh.c_str(), O_RDWR | O_CLOEXEC) : -1;
    const bool synced = fd >= 0 && ::fchmod(fd, 0600) == 0 && ::fsync(fd) == 0;
    if (fd >= 0) ::close(fd);
    const int linked = synced ? ::link(fresh.c_str(), path.c_str()) : -1;
    const int error = errno;
    (void)::unlink(fresh.c_str());
    if (!done) return D1Fail(fresh + ": " + done.error().message, kRefusedExitCode);
    if (linked != 0 && error != EEXIST) return D1Fail(path + ": " + std::strerror(error), kRefusedExitCode);
    if (linked == 0) {
      std::printf("%s is now %s\n", from.c_str(), path.c_str());
      return 0;
    }
  }
  auto tables = client.Run({{"SELECT count(*) FROM sqlite_master", {}}});
  if (!tables) return D1Fail(path + ": " + tables.error().text, kRefusedExitCode);
  if (d1::RowReader(tables->back().rows).Next().integer > 0 && !arguments.force) {
    return D1Fail(path + ": this database has tables already; --force replaces them", kUsageExitCode);
  }
  auto target = sqlite::Database::Open(path, {.mode = sqlite::OpenMode::kWrite});
  if (!target) return D1Fail(target.error().message, kUsageExitCode);
  auto done = CopyInto(**target, **source);
  if (done) done = (*target)->Execute("PRAGMA journal_mode=WAL");
  if (!done) return D1Fail(path + ": " + done.error().message, kRefusedExitCode);
  std::printf("%s has replaced %s\n", from.c_str(), path.c_str());
  return 0;
}

}  // namespace verge::cli
