#include "sqlite/database.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <format>
#include <thread>

namespace verge::sqlite {
namespace {

// https://www.sqlite.org/fileformat2.html#the_database_header
constexpr size_t kHeaderBytes = 100;
constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr size_t kApplicationIdOffset = 68;

uint32_t BigEndian32(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

// After a rename or a link: the folder's entry is on the disk as well.
void SyncFolderOf(const std::string& path) {
  size_t slash = path.rfind('/');
  std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  (void)::fsync(fd);
  ::close(fd);
}

bool Exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

void RemoveDatabase(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) (void)::unlink((path + suffix).c_str());
}

}  // namespace

Error ErrorOf(sqlite3* db, int code) {
  // What was not reported through the connection (a bind) has only the code's own text.
  if (db && sqlite3_extended_errcode(db) == code) {
    return {code, sqlite3_errmsg(db), sqlite3_error_offset(db)};
  }
  return {code, sqlite3_errstr(code)};
}

Database::~Database() {
  statements_.Clear();
  sqlite3_close_v2(db_);
}

bool Database::has_deferred_violations() const {
  int now = 0;
  int highest = 0;
  return sqlite3_db_status(db_, SQLITE_DBSTATUS_DEFERRED_FKS, &now, &highest, 0) == SQLITE_OK && now != 0;
}

Result<std::unique_ptr<Database>> Database::Connect(const std::string& path, const OpenOptions& options, int flags) {
  sqlite3* db = nullptr;
  // Without a symbolic link at its end: a file of ours is a file.
  int code = sqlite3_open_v2(path.c_str(), &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, options.vfs);
  std::unique_ptr<Database> database(new Database(db, path, options.cached_statements));
  if (code != SQLITE_OK) {
    if (!db) return Fail(code, path + ": out of memory");
    int system_error = sqlite3_system_errno(db);
    std::string message = path + ": " + sqlite3_errmsg(db);
    if (system_error != 0) message += std::format(" ({})", std::strerror(system_error));
    return Fail(code, std::move(message));
  }
  sqlite3_busy_timeout(db, static_cast<int>(options.busy_timeout.count()));
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return database;
}

Result<std::unique_ptr<Database>> Database::Open(const std::string& path, const OpenOptions& options) {
  if (!Exists(path)) {
    if (options.mode != OpenMode::kCreate) return Fail(kMissing, path + ": there is no such database");
    if (auto created = Create(path, options); !created) return std::unexpected(std::move(created).error());
  }
  auto database = Connect(path, options, SQLITE_OPEN_READWRITE);
  if (!database) return database;
  if (auto checked = (*database)->CheckKind(options); !checked) {
    // Not even a log that lies beside it is touched.
    sqlite3_db_config((*database)->db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    return std::unexpected(std::move(checked).error());
  }
  auto done = (*database)->Configure(options);
  if (done) done = (*database)->Migrate(options);
  if (done && options.mode == OpenMode::kRead) done = (*database)->Execute("PRAGMA query_only=1");
  if (!done) {
    sqlite3_db_config((*database)->db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    Error error = std::move(done).error();
    if (!error.message.starts_with(path)) error.message = path + ": " + error.message;
    return std::unexpected(std::move(error));
  }
  return database;
}

// The file appears under its name when everything is in it, log mode and schema included, and only if nobody else was
// first.
Result<> Database::Create(const std::string& path, const OpenOptions& options) {
  static std::atomic<uint32_t> counter{0};
  const std::string fresh = std::format("{}.new-{}-{}", path, ::getpid(), counter.fetch_add(1));
  RemoveDatabase(fresh);
  auto fail = [&](Error error) -> Result<> {
    RemoveDatabase(fresh);
    if (!error.message.starts_with(path)) error.message = path + ": " + error.message;
    return std::unexpected(std::move(error));
  };
  {
    auto database = Connect(fresh, options, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!database) return fail(std::move(database).error());
    auto done = (*database)->Execute(std::format("PRAGMA page_size={}; PRAGMA synchronous=FULL;"
                                                 "PRAGMA application_id={}",
                                                 options.page_size, static_cast<int32_t>(options.application_id))
                                         .c_str());
    if (done) done = (*database)->Migrate(options);
    // Also what makes an otherwise empty database a file with a header.
    if (done && options.migrations.empty()) done = (*database)->Execute("PRAGMA user_version=0; VACUUM");
    if (done) done = (*database)->Execute("PRAGMA journal_mode=WAL");
    if (!done) return fail(std::move(done).error());
  }
  int fd = ::open(fresh.c_str(), O_RDWR | O_CLOEXEC);
  bool synced = fd >= 0 && ::fsync(fd) == 0;
  int sync_error = errno;
  if (fd >= 0) ::close(fd);
  if (!synced) return fail(FailSystem("cannot write", sync_error).error());
  if (::link(fresh.c_str(), path.c_str()) != 0) {
    int error = errno;
    // File systems without hard links: a rename is as good unless somebody else was first, which O_EXCL tells.
    if (error == EPERM || error == ENOTSUP || error == ENOSYS) {
      error = !Exists(path) && ::rename(fresh.c_str(), path.c_str()) == 0 ? 0 : errno;
    }
    if (error != 0 && error != EEXIST) return fail(FailSystem("cannot create the file", error).error());
  }
  RemoveDatabase(fresh);
  SyncFolderOf(path);
  return {};
}

// Reads the file's first bytes past SQLite, which would first recover a log that it finds.
Result<> Database::CheckKind(const OpenOptions& options) {
  if (options.application_id == 0) return {};
  sqlite3_file* file = nullptr;
  std::array<uint8_t, kHeaderBytes> header{};
  sqlite3_int64 size = 0;
  int code = sqlite3_file_control(db_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (code == SQLITE_OK && file && file->pMethods) {
    code = file->pMethods->xFileSize(file, &size);
    if (code == SQLITE_OK && size >= static_cast<sqlite3_int64>(kHeaderBytes)) {
      code = file->pMethods->xRead(file, header.data(), kHeaderBytes, 0);
    }
  }
  if (code != SQLITE_OK) return Fail(code, std::format("{}: cannot be read: {}", path_, sqlite3_errstr(code)));
  if (size == 0) {
    return Fail(kForeign, std::format("{}: this file is empty, not {}; remove it to begin anew", path_, options.kind));
  }
  if (size < static_cast<sqlite3_int64>(kHeaderBytes) ||
      std::string_view(reinterpret_cast<const char*>(header.data()), kMagic.size()) != kMagic) {
    return Fail(kForeign,
                std::format("{}: this file is not {}: no SQLite database at all, or a damaged one. It was left "
                            "as it is",
                            path_, options.kind));
  }
  if (BigEndian32(header.data() + kApplicationIdOffset) != options.application_id) {
    return Fail(kForeign,
                std::format("{}: this file is not {}, but another program's SQLite database. It was left as it "
                            "is",
                            path_, options.kind));
  }
  return {};
}

Result<> Database::Configure(const OpenOptions& options) {
  // Negative: in KiB, not in pages.
  std::string pragmas = std::format(
      "PRAGMA synchronous={}; PRAGMA cache_size=-{}; PRAGMA mmap_size={}; PRAGMA wal_autocheckpoint={};"
      "PRAGMA journal_size_limit={}; PRAGMA temp_store=MEMORY",
      options.durable ? "FULL" : "NORMAL", options.cache_bytes >> 10, options.map_bytes, options.checkpoint_pages,
      64 << 20);
  return Execute(pragmas.c_str());
}

Result<int64_t> Database::Ask(const char* sql) {
  auto statement = PrepareUncached(sql);
  if (!statement) return std::unexpected(std::move(statement).error());
  auto row = statement->Step();
  if (!row) return std::unexpected(std::move(row).error());
  return *row ? statement->Int(0) : 0;
}

Result<> Database::Migrate(const OpenOptions& options) {
  const auto newest = static_cast<int64_t>(options.migrations.size());
  if (newest == 0) return {};
  auto version = Ask("PRAGMA user_version");
  if (!version) return std::unexpected(std::move(version).error());
  auto newer = [&](int64_t found) {
    return Fail(kNewer, std::format("{}: this file was written by a newer version of verge (its schema has version {}, "
                                    "this program knows {}). It was left as it is",
                                    path_, found, newest));
  };
  if (*version > newest || *version < 0) return newer(*version);
  if (*version == newest) return {};
  if (options.mode == OpenMode::kRead) {
    // The next that writes brings it up to date; until then readers have nothing to read with.
    return Fail(SQLITE_READONLY, "this file has to be brought up to date first");
  }
  auto transaction = Transaction::BeginWrite(*this);
  if (!transaction) return std::unexpected(std::move(transaction).error());
  // Another process may have been first.
  version = Ask("PRAGMA user_version");
  if (!version) return std::unexpected(std::move(version).error());
  if (*version > newest) return newer(*version);
  for (int64_t i = *version; i < newest; ++i) {
    if (auto done = Execute(options.migrations[static_cast<size_t>(i)]); !done) return done;
  }
  if (auto done = Execute(std::format("PRAGMA user_version={}", newest).c_str()); !done) return done;
  return transaction->Commit();
}

Result<Statement> Database::Prepare(std::string_view sql) {
  if (Statement cached = statements_.Take(sql)) return cached;
  auto fresh = PrepareUncached(sql);
  if (!fresh) return fresh;
  if (!*fresh) return Fail(SQLITE_ERROR, "there is no statement in this text");
  return statements_.Keep(sql, std::exchange(fresh->stmt_, nullptr));
}

Result<Statement> Database::PrepareUncached(std::string_view sql, std::string_view* tail) {
  Statement statement;
  const char* end = nullptr;
  if (sql.size() > static_cast<size_t>(sqlite3_limit(db_, SQLITE_LIMIT_SQL_LENGTH, -1))) {
    return Fail(SQLITE_TOOBIG, "statement too long");
  }
  int code = sqlite3_prepare_v3(db_, sql.data() ? sql.data() : "", static_cast<int>(sql.size()),
                                SQLITE_PREPARE_PERSISTENT, &statement.stmt_, &end);
  if (code != SQLITE_OK) return std::unexpected(ErrorOf(db_, code));
  std::string_view rest = sql.substr(static_cast<size_t>(end - sql.data()));
  if (tail) {
    *tail = rest;
  } else if (rest.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    return Fail(SQLITE_ERROR, "there is more than one statement in this text");
  }
  return statement;
}

Result<> Database::Execute(const char* sql) {
  int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(ErrorOf(db_, code));
  return {};
}

namespace {
Result<> RunCached(Database& database, const char* sql) {
  auto statement = database.Prepare(sql);
  if (!statement) return std::unexpected(std::move(statement).error());
  return statement->Run();
}
}  // namespace

Result<Transaction> Transaction::BeginWrite(Database& database) {
  if (auto begun = RunCached(database, "BEGIN IMMEDIATE"); !begun) return std::unexpected(std::move(begun).error());
  return Transaction(&database);
}

Result<Transaction> Transaction::BeginRead(Database& database) {
  if (auto begun = RunCached(database, "BEGIN"); !begun) return std::unexpected(std::move(begun).error());
  return Transaction(&database);
}

Result<> Transaction::Commit() {
  Result<> done = RunCached(*database_, "COMMIT");
  if (!done) Rollback();
  database_ = nullptr;
  return done;
}

void Transaction::Rollback() {
  Database* database = std::exchange(database_, nullptr);
  if (database && !database->autocommit()) (void)RunCached(*database, "ROLLBACK");
}

Result<Savepoint> Savepoint::Begin(Database& database) {
  if (auto begun = RunCached(database, "SAVEPOINT verge"); !begun) return std::unexpected(std::move(begun).error());
  return Savepoint(&database);
}

Result<> Savepoint::Release() {
  Result<> done = RunCached(*database_, "RELEASE verge");
  if (done) database_ = nullptr;
  return done;
}

void Savepoint::Undo() {
  Database* database = std::exchange(database_, nullptr);
  // Nothing to undo when an error took the whole transaction.
  if (!database || database->autocommit()) return;
  if (RunCached(*database, "ROLLBACK TO verge") && RunCached(*database, "RELEASE verge")) return;
  // Rather nothing at all than a part of it.
  (void)RunCached(*database, "ROLLBACK");
}

}  // namespace verge::sqlite
