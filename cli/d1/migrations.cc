// `verge d1 migrations`: files of SQL that are applied once each, in order.
#include "d1/migrations.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <format>
#include <string>
#include <utility>
#include <vector>

#include "cli/d1/commands.h"
#include "cli/options/options.h"
#include "cli/table.h"
#include "d1/rows.h"
#include "d1/sql_text.h"

namespace verge::cli {
namespace {

namespace fs = std::filesystem;

std::string FolderOf(const D1Client& client) {
  return (fs::path(client.folder()) / client.config().migrations_dir).lexically_normal().string();
}

std::expected<std::vector<std::string>, std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator each(folder, error); !error && each != fs::directory_iterator(); each.increment(error)) {
    const std::string name = each->path().filename().string();
    if (d1::IsMigration(name)) names.push_back(name);
  }
  if (error) return std::unexpected(folder + ": " + error.message());
  d1::SortMigrations(&names);
  return names;
}

// Those that are still to be applied.
std::expected<std::vector<std::string>, std::string> Pending(D1Client& client, bool write) {
  auto files = FilesIn(FolderOf(client));
  if (!files) {
    return std::unexpected(files.error() + "; verge d1 migrations create " + client.config().binding +
                           " NAME makes the first one");
  }
  const std::string& table = client.config().migrations_table;
  std::vector<std::string> applied;
  std::error_code ignored;
  if (!write && !fs::exists(client.path(), ignored)) return files;
  std::vector<d1::Query> queries;
  if (write) queries.push_back({d1::CreateMigrationsTable(table), {}});
  queries.push_back({"SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?", {table}});
  auto found = client.Run(std::move(queries));
  if (!found) return std::unexpected(client.path() + ": " + found.error().text);
  if (d1::RowReader(found->back().rows).Next().integer == 0) return files;
  auto listed = client.Run({{d1::ListApplied(table), {}}});
  if (!listed) return std::unexpected(client.path() + ": " + listed.error().text);
  d1::RowReader reader(listed->back().rows);
  for (size_t i = 0; i < listed->back().rows.rows(); ++i) applied.emplace_back(reader.Next().bytes);
  return d1::PendingMigrations(*std::move(files), applied);
}

void PrintNames(const std::vector<std::string>& names) {
  const std::string head[] = {"Name"};
  std::vector<std::vector<std::string>> rows;
  for (const std::string& name : names) rows.push_back({name});
  std::fputs(FormatTable(head, rows).c_str(), stdout);
}

}  // namespace

int D1MigrationsCreate(D1Client& client, const D1Arguments& arguments) {
  const std::string folder = FolderOf(client);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return D1Fail(folder + ": " + error.message(), kUsageExitCode);
  auto files = FilesIn(folder);
  if (!files) return D1Fail(files.error(), kUsageExitCode);
  std::string message;
  for (const std::string& word : arguments.words) message += (message.empty() ? "" : " ") + word;
  const std::string name = d1::NewMigrationName(*files, message);
  const std::string path = (fs::path(folder) / name).string();
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return D1Fail(path + ": " + std::strerror(errno), kUsageExitCode);
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const std::string text = std::format("-- Migration number: {} \t {:%FT%TZ}\n", name.substr(0, name.find('_')), now);
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  if (!written) return D1Fail(path + ": cannot be written", kUsageExitCode);
  std::printf("%s\n", path.c_str());
  return 0;
}

int D1MigrationsList(D1Client& client) {
  auto pending = Pending(client, /*write=*/false);
  if (!pending) return D1Fail(pending.error(), kUsageExitCode);
  if (pending->empty()) {
    std::puts("No migrations to apply.");
    return 0;
  }
  std::puts("Migrations to be applied:");
  PrintNames(*pending);
  return 0;
}

int D1MigrationsApply(D1Client& client) {
  auto pending = Pending(client, /*write=*/true);
  if (!pending) return D1Fail(pending.error(), kUsageExitCode);
  if (pending->empty()) {
    std::puts("No migrations to apply.");
    return 0;
  }
  std::vector<std::string> done;
  for (const std::string& name : *pending) {
    const std::string path = (fs::path(FolderOf(client)) / name).string();
    auto text = ReadWholeFile(path);
    if (!text) return D1Fail(text.error(), kUsageExitCode);
    std::vector<d1::Query> queries;
    for (std::string_view statement : d1::SplitStatements(*text)) queries.push_back({std::string(statement), {}});
    queries.push_back({d1::RecordMigration(client.config().migrations_table, name), {}});
    auto ran = client.Run(std::move(queries));
    if (!ran) {
      if (!done.empty()) PrintNames(done);
      return D1Fail(std::format("migration {} failed, and changed nothing: {}\n  in its statement {}", name,
                                ran.error().text, ran.error().query + 1),
                    kRefusedExitCode);
    }
    done.push_back(name);
  }
  std::printf("%zu migration%s applied:\n", done.size(), done.size() == 1 ? "" : "s");
  PrintNames(done);
  return 0;
}

}  // namespace verge::cli
