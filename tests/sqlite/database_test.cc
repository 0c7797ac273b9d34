#include "sqlite/database.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "sqlite/testing/faulty_vfs.h"
#include "tests/sqlite/scratch_folder.h"

namespace verge::sqlite {
namespace {

using testing::FaultyVfs;

constexpr uint32_t kKind = 0x76677431;
constexpr std::array<const char*, 2> kSchema = {"CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)",
                                                "ALTER TABLE t ADD COLUMN c"};

OpenOptions Options(size_t version = 2) {
  OpenOptions options;
  options.application_id = kKind;
  options.kind = "a test";
  options.migrations = std::span(kSchema).first(version);
  options.busy_timeout = std::chrono::milliseconds(30'000);
  return options;
}

std::unique_ptr<Database> OpenOk(const std::string& path, const OpenOptions& options = Options()) {
  auto database = Database::Open(path, options);
  if (!database) {
    ADD_FAILURE() << database.error().message;
    std::abort();
  }
  return *std::move(database);
}

int64_t Ask(Database& database, const char* sql) {
  auto statement = database.Prepare(sql);
  if (!statement) {
    ADD_FAILURE() << statement.error().message;
    return -1;
  }
  auto row = statement->Step();
  if (!row || !*row) {
    ADD_FAILURE() << sql;
    return -1;
  }
  return statement->Int(0);
}

TEST(Database, IsMadeWithItsSchemaAndOpenedAgain) {
  ScratchFolder folder;
  const std::string path = folder.Path("a.sqlite");
  {
    auto database = OpenOk(path);
    EXPECT_TRUE(database->Execute("INSERT INTO t VALUES (1, 'x', 2)"));
    EXPECT_EQ(Ask(*database, "PRAGMA user_version"), 2);
    EXPECT_EQ(Ask(*database, "PRAGMA application_id"), kKind);
  }
  auto database = OpenOk(path);
  EXPECT_EQ(Ask(*database, "SELECT count(*) FROM t"), 1);
  // Nothing of its making lies around.
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_EQ(entry.path().string().find(".new-"), std::string::npos) << entry.path();
  }
}

TEST(Database, IsInLogModeAndDurable) {
  ScratchFolder folder;
  auto database = OpenOk(folder.Path("a.sqlite"));
  EXPECT_EQ(Ask(*database, "PRAGMA synchronous"), 2);
  auto mode = database->Prepare("PRAGMA journal_mode");
  ASSERT_TRUE(mode && mode->Step());
  EXPECT_EQ(mode->Text(0), "wal");
}

TEST(Database, MigratesAnOlderFile) {
  ScratchFolder folder;
  const std::string path = folder.Path("a.sqlite");
  {
    auto database = OpenOk(path, Options(1));
    EXPECT_TRUE(database->Execute("INSERT INTO t VALUES (1, 'x')"));
  }
  // A reader cannot bring it up to date.
  OpenOptions reading = Options();
  reading.mode = OpenMode::kRead;
  EXPECT_FALSE(Database::Open(path, reading));
  auto database = OpenOk(path);
  EXPECT_EQ(Ask(*database, "SELECT c IS NULL FROM t"), 1);
  EXPECT_EQ(Ask(*database, "PRAGMA user_version"), 2);
}

TEST(Database, ManyOpenersMakeOneFile) {
  ScratchFolder folder;
  const std::string path = folder.Path("a.sqlite");
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      auto database = OpenOk(path);
      EXPECT_TRUE(database->Execute(("INSERT INTO t VALUES (" + std::to_string(i) + ", '', '')").c_str()));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(Ask(*OpenOk(path), "SELECT count(*) FROM t"), 8);
}

TEST(Database, AMissingFileIsToldAndNotMade) {
  ScratchFolder folder;
  OpenOptions options = Options();
  for (OpenMode mode : {OpenMode::kRead, OpenMode::kWrite}) {
    options.mode = mode;
    auto database = Database::Open(folder.Path("none.sqlite"), options);
    ASSERT_FALSE(database);
    EXPECT_EQ(database.error().code, kMissing);
    EXPECT_EQ(database.error().name(), "VERGE_MISSING");
  }
  EXPECT_FALSE(std::filesystem::exists(folder.Path("none.sqlite")));
}

// What is not ours is refused by name and stays byte for byte what it was.
void ExpectRefused(const ScratchFolder& folder, std::string_view name, int code, std::string_view words) {
  const std::string before = folder.Read(name);
  for (OpenMode mode : {OpenMode::kRead, OpenMode::kWrite, OpenMode::kCreate}) {
    OpenOptions options = Options();
    options.mode = mode;
    auto database = Database::Open(folder.Path(name), options);
    ASSERT_FALSE(database);
    EXPECT_EQ(database.error().code, code) << database.error().message;
    EXPECT_TRUE(database.error().message.starts_with(folder.Path(name))) << database.error().message;
    EXPECT_NE(database.error().message.find(words), std::string::npos) << database.error().message;
  }
  EXPECT_EQ(folder.Read(name), before);
}

TEST(Database, RefusesTextAndEmptyFilesAndZeros) {
  ScratchFolder folder;
  folder.Write("short", "hello");
  folder.Write("empty", "");
  folder.Write("text", std::string(5000, 'x'));
  folder.Write("zeros", std::string(8192, '\0'));
  ExpectRefused(folder, "short", kForeign, "is not a test");
  ExpectRefused(folder, "empty", kForeign, "is empty");
  ExpectRefused(folder, "text", kForeign, "is not a test");
  ExpectRefused(folder, "zeros", kForeign, "is not a test");
}

TEST(Database, RefusesAnotherProgramsDatabaseAndItsLog) {
  ScratchFolder folder;
  const std::string path = folder.Path("other");
  // A process that dies with the log full.
  pid_t child = ::fork();
  if (child == 0) {
    sqlite3* db = nullptr;
    sqlite3_open(path.c_str(), &db);
    sqlite3_exec(db, "PRAGMA journal_mode=WAL; CREATE TABLE x (y); INSERT INTO x VALUES (1)", nullptr, nullptr,
                 nullptr);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  const std::string log = folder.Read("other-wal");
  ASSERT_FALSE(log.empty());
  ExpectRefused(folder, "other", kForeign, "another program's");
  EXPECT_EQ(folder.Read("other-wal"), log);
}

TEST(Database, RefusesANewerFile) {
  ScratchFolder folder;
  {
    EXPECT_TRUE(OpenOk(folder.Path("a"))->Execute("PRAGMA user_version=3"));
  }
  ExpectRefused(folder, "a", kNewer, "newer version");
}

TEST(Database, DamageInsideIsAnError) {
  ScratchFolder folder;
  {
    auto database = OpenOk(folder.Path("a"));
    for (int i = 0; i < 200; ++i) {
      EXPECT_TRUE(database->Execute("INSERT INTO t (b) VALUES (hex(randomblob(200)))"));
    }
  }
  std::string bytes = folder.Read("a");
  for (size_t i = 4096; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7);
  folder.Write("a", bytes);
  auto database = Database::Open(folder.Path("a"), Options());
  if (database) {
    auto count = (*database)->Prepare("SELECT sum(length(b)) FROM t");
    ASSERT_TRUE(count);
    auto row = count->Step();
    ASSERT_FALSE(row);
    EXPECT_EQ(row.error().name(), "SQLITE_CORRUPT");
  }
}

TEST(Database, ReadersCannotWrite) {
  ScratchFolder folder;
  OpenOk(folder.Path("a"));
  OpenOptions options = Options();
  options.mode = OpenMode::kRead;
  auto database = OpenOk(folder.Path("a"), options);
  EXPECT_EQ(Ask(*database, "SELECT count(*) FROM t"), 0);
  auto refused = database->Execute("DELETE FROM t");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name(), "SQLITE_READONLY");
}

TEST(Database, CreationWithFailingDiskLeavesNothingBehind) {
  ScratchFolder folder;
  OpenOptions options = Options();
  FaultyVfs& faults = FaultyVfs::Get();
  options.vfs = FaultyVfs::name();
  int failures = 0;
  for (int64_t n = 0; n < 200; ++n) {
    faults.FailAfter(n, testing::kChanges, n % 2 ? SQLITE_IOERR : SQLITE_FULL);
    auto database = Database::Open(folder.Path("a"), options);
    bool hit = faults.failed();
    faults.Reset();
    if (database) {
      // A fault that SQLite could do without.
      EXPECT_EQ(Ask(**database, "SELECT count(*) FROM t"), 0);
      database->reset();
    } else {
      ++failures;
    }
    for (const char* name : {"a", "a-wal", "a-shm"}) std::filesystem::remove(folder.Path(name));
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    if (!hit) break;
  }
  EXPECT_GT(failures, 5);
}

TEST(Statement, BindsAndReadsEveryType) {
  ScratchFolder folder;
  auto database = OpenOk(folder.Path("a"));
  auto statement = database->Prepare("SELECT ?1, ?2, ?3, ?4, ?5, ?6");
  ASSERT_TRUE(statement);
  const std::string zeros("a\0b", 3);
  statement->Bind(1, int64_t{1} << 60).Bind(2, 1.5).Bind(3, std::string_view(zeros)).BindBlob(4, "\xff").BindNull(5);
  statement->Bind(6, "");
  auto row = statement->Step();
  ASSERT_TRUE(row && *row);
  EXPECT_EQ(statement->columns(), 6);
  EXPECT_EQ(statement->Int(0), int64_t{1} << 60);
  EXPECT_EQ(statement->Double(1), 1.5);
  EXPECT_EQ(statement->Text(2), zeros);
  EXPECT_EQ(statement->Blob(3), "\xff");
  EXPECT_TRUE(statement->IsNull(4));
  EXPECT_EQ(statement->Text(5), "");
  EXPECT_FALSE(statement->IsNull(5));
  row = statement->Step();
  EXPECT_TRUE(row && !*row);
}

TEST(Statement, AWrongParameterIsToldByStep) {
  ScratchFolder folder;
  auto database = OpenOk(folder.Path("a"));
  auto statement = database->Prepare("SELECT ?1");
  ASSERT_TRUE(statement);
  auto row = statement->Bind(2, 1).Step();
  ASSERT_FALSE(row);
  EXPECT_EQ(row.error().name(), "SQLITE_RANGE");
  EXPECT_TRUE(statement->Bind(1, 1).Step());
}

TEST(Statement, ConstraintsHaveNames) {
  ScratchFolder folder;
  auto database = OpenOk(folder.Path("a"));
  EXPECT_TRUE(database->Execute("INSERT INTO t (a) VALUES (1)"));
  auto statement = database->Prepare("INSERT INTO t (a) VALUES (1)");
  ASSERT_TRUE(statement);
  auto done = statement->Run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, SQLITE_CONSTRAINT_PRIMARYKEY);
  EXPECT_EQ(done.error().name(), "SQLITE_CONSTRAINT");
  EXPECT_EQ(done.error().message, "UNIQUE constraint failed: t.a");
}

TEST(Statement, OneTextOneStatement) {
  ScratchFolder folder;
  auto database = OpenOk(folder.Path("a"));
  EXPECT_TRUE(database->Prepare("SELECT 1; "));
  EXPECT_FALSE(database->Prepare("SELECT 1; SELECT 2"));
  EXPECT_FALSE(database->Prepare(""));
  EXPECT_FALSE(database->Prepare("-- nothing"));
  auto wrong = database->Prepare("SELECT FROM t");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().offset, 7);
  std::string_view tail;
  auto first = database->PrepareUncached("SELECT 1; SELECT 2", &tail);
  EXPECT_TRUE(first);
  EXPECT_EQ(tail, " SELECT 2");
}

TEST(StatementCache, LendsAndForgets) {
  ScratchFolder folder;
  OpenOptions options = Options();
  options.cached_statements = 2;
  auto database = OpenOk(folder.Path("a"), options);
  sqlite3_stmt* raw = nullptr;
  {
    auto a = database->Prepare("SELECT 1");
    ASSERT_TRUE(a);
    raw = a->raw();
    // Lent: another one is made, and not kept.
    auto b = database->Prepare("SELECT 1");
    ASSERT_TRUE(b);
    EXPECT_NE(b->raw(), raw);
  }
  EXPECT_EQ(database->Prepare("SELECT 1")->raw(), raw);
  for (int i = 0; i < 5; ++i) {
    auto other = database->Prepare("SELECT " + std::to_string(i + 10));
    EXPECT_EQ(Ask(*database, ("SELECT " + std::to_string(i + 20)).c_str()), i + 20);
  }
  auto again = database->Prepare("SELECT 1");
  ASSERT_TRUE(again && again->Step());
  EXPECT_EQ(again->Int(0), 1);
}

TEST(Transaction, IsUndoneUnlessCommitted) {
  ScratchFolder folder;
  auto database = OpenOk(folder.Path("a"));
  {
    auto transaction = Transaction::BeginWrite(*database);
    ASSERT_TRUE(transaction);
    EXPECT_TRUE(database->Execute("INSERT INTO t (a) VALUES (1)"));
    auto savepoint = Savepoint::Begin(*database);
    ASSERT_TRUE(savepoint);
    EXPECT_TRUE(database->Execute("INSERT INTO t (a) VALUES (2)"));
    savepoint->Undo();
    EXPECT_EQ(Ask(*database, "SELECT count(*) FROM t"), 1);
    EXPECT_FALSE(database->autocommit());
  }
  EXPECT_TRUE(database->autocommit());
  EXPECT_EQ(Ask(*database, "SELECT count(*) FROM t"), 0);
  auto transaction = Transaction::BeginWrite(*database);
  ASSERT_TRUE(transaction);
  EXPECT_TRUE(database->Execute("INSERT INTO t (a) VALUES (1)"));
  EXPECT_TRUE(transaction->Commit());
  EXPECT_EQ(Ask(*database, "SELECT count(*) FROM t"), 1);
}

}  // namespace
}  // namespace verge::sqlite
