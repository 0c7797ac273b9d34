#include "kv/store.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <utility>

namespace verge::kv {
namespace {

using sqlite::Database;
using sqlite::Fail;
using sqlite::Result;

// "vgKV".
constexpr uint32_t kApplicationId = 0x76674B56;

// Rows are found by key through an index and not clustered by it: values of any length lie in the rows, and a list that
// had to walk over them would read them all. What a list wants of a row comes before its value.
constexpr std::array<const char*, 1> kMigrations = {
    "CREATE TABLE entries ("
    "  id INTEGER PRIMARY KEY,"
    "  key TEXT NOT NULL UNIQUE,"
    "  expiration INTEGER,"  // in seconds since the epoch
    "  metadata TEXT,"       // JSON
    "  value BLOB NOT NULL"
    ") STRICT;"
    "CREATE INDEX entries_by_expiration ON entries (expiration) WHERE expiration IS NOT NULL",
};

// Longer ones are read and written piece by piece, so that SQLite never holds the whole of one beside ours.
constexpr int64_t kInlineBytes = static_cast<int64_t>(kPieceBytes);

// What has been read of long values and not been taken over yet, in the whole process: a worker that asks for many of
// them at once waits for none before the next is read.
std::atomic<int64_t> long_bytes{0};
constexpr int64_t kMaxLongBytes = int64_t{256} << 20;

struct LongValue final : Value {
  explicit LongValue(int64_t bytes) : counted(bytes) {}
  LongValue(const LongValue&) = delete;
  LongValue& operator=(const LongValue&) = delete;
  ~LongValue() { long_bytes.fetch_sub(counted, std::memory_order_relaxed); }
  const int64_t counted;
};

// Null: there are too many.
std::shared_ptr<Value> NewLongValue(int64_t bytes) {
  if (long_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes <= kMaxLongBytes) {
    return std::make_shared<LongValue>(bytes);
  }
  long_bytes.fetch_sub(bytes, std::memory_order_relaxed);
  return nullptr;
}

struct BlobCloser {
  void operator()(sqlite3_blob* blob) const { sqlite3_blob_close(blob); }
};
using Blob = std::unique_ptr<sqlite3_blob, BlobCloser>;

Result<Blob> OpenBlob(Database& database, int64_t id, bool write) {
  sqlite3_blob* blob = nullptr;
  int code = sqlite3_blob_open(database.raw(), "main", "entries", "value", id, write ? 1 : 0, &blob);
  Blob owned(blob);
  if (code != SQLITE_OK) return std::unexpected(sqlite::ErrorOf(database.raw(), code));
  return owned;
}

// The first string behind all that begin with `prefix`, which is not empty. UTF-8 has no byte 0xff.
std::string Successor(std::string prefix) {
  prefix.back() = static_cast<char>(static_cast<uint8_t>(prefix.back()) + 1);
  return prefix;
}

}  // namespace

sqlite::OpenOptions StoreOptions(sqlite::OpenMode mode, const char* vfs) {
  sqlite::OpenOptions options;
  options.mode = mode;
  options.application_id = kApplicationId;
  options.kind = "a KV namespace";
  options.migrations = kMigrations;
  options.cached_statements = 16;
  options.vfs = vfs;
  return options;
}

Result<ValuePtr> Store::Read(Database& database, std::string_view key, uint64_t max_bytes) {
  auto select = database.Prepare(
      "SELECT id, expiration, metadata, length(value), iif(length(value) <= ?2, value, NULL) FROM entries "
      "WHERE key = ?1");
  if (!select) return std::unexpected(std::move(select).error());
  auto row = select->Bind(1, key).Bind(2, kInlineBytes).Step();
  if (!row) return std::unexpected(std::move(row).error());
  if (!*row) return ValuePtr();
  int64_t size = select->Int(3);
  if (static_cast<uint64_t>(size) > max_bytes) return Fail(SQLITE_TOOBIG, "value too long");
  std::shared_ptr<Value> value = size <= kInlineBytes ? std::make_shared<Value>() : NewLongValue(size);
  if (!value) return Fail(sqlite::kOverloaded, "too many long values are being read");
  value->expiration = select->Int(1);
  value->has_metadata = !select->IsNull(2);
  if (value->has_metadata) value->metadata = select->Text(2);
  if (size <= kInlineBytes) {
    value->head = select->Blob(4);
    return value;
  }
  // The row stays the current one: both see the same state of the database.
  auto blob = OpenBlob(database, select->Int(0), false);
  if (!blob) return std::unexpected(std::move(blob).error());
  for (int64_t offset = 0; offset < size; offset += static_cast<int64_t>(kPieceBytes)) {
    auto count = static_cast<size_t>(std::min<int64_t>(size - offset, static_cast<int64_t>(kPieceBytes)));
    int code = SQLITE_OK;
    std::string& piece = offset == 0 ? value->head : value->rest.emplace_back();
    piece.resize_and_overwrite(count, [&](char* out, size_t length) {
      code = sqlite3_blob_read(blob->get(), out, static_cast<int>(length), static_cast<int>(offset));
      return length;
    });
    if (code != SQLITE_OK) return std::unexpected(sqlite::ErrorOf(database.raw(), code));
  }
  return value;
}

Result<> Store::Write(Database& database, std::string_view key, const Value& value) {
  auto bind = [&](sqlite::Statement& insert) {
    insert.Bind(1, key);
    if (value.expiration != 0) insert.Bind(2, value.expiration);
    if (value.has_metadata) insert.Bind(3, std::string_view(value.metadata));
  };
  if (value.is_short()) {
    auto insert = database.Prepare(
        "INSERT INTO entries (key, expiration, metadata, value) VALUES (?1, ?2, ?3, ?4) "
        "ON CONFLICT (key) DO UPDATE SET expiration = excluded.expiration, metadata = excluded.metadata, "
        "value = excluded.value");
    if (!insert) return std::unexpected(std::move(insert).error());
    bind(*insert);
    return insert->BindBlob(4, value.head).Run();
  }
  auto insert = database.Prepare(
      "INSERT INTO entries (key, expiration, metadata, value) VALUES (?1, ?2, ?3, zeroblob(?4)) "
      "ON CONFLICT (key) DO UPDATE SET expiration = excluded.expiration, metadata = excluded.metadata, "
      "value = excluded.value RETURNING id");
  if (!insert) return std::unexpected(std::move(insert).error());
  bind(*insert);
  auto row = insert->Bind(4, static_cast<int64_t>(value.size())).Step();
  if (!row) return std::unexpected(std::move(row).error());
  if (!*row) return Fail(SQLITE_INTERNAL, "no row was written");
  int64_t id = insert->Int(0);
  // The statement ends before its row is written to.
  row = insert->Step();
  if (!row) return std::unexpected(std::move(row).error());
  auto blob = OpenBlob(database, id, true);
  if (!blob) return std::unexpected(std::move(blob).error());
  int offset = 0;
  auto write = [&](const std::string& piece) {
    int code = sqlite3_blob_write(blob->get(), piece.data(), static_cast<int>(piece.size()), offset);
    offset += static_cast<int>(piece.size());
    return code;
  };
  int code = write(value.head);
  for (size_t i = 0; i < value.rest.size() && code == SQLITE_OK; ++i) code = write(value.rest[i]);
  if (code != SQLITE_OK) return std::unexpected(sqlite::ErrorOf(database.raw(), code));
  // Closing tells what writing has put off.
  code = sqlite3_blob_close(blob->release());
  if (code != SQLITE_OK) return std::unexpected(sqlite::ErrorOf(database.raw(), code));
  return {};
}

Result<> Store::Delete(Database& database, std::string_view key) {
  auto statement = database.Prepare("DELETE FROM entries WHERE key = ?1");
  if (!statement) return std::unexpected(std::move(statement).error());
  return statement->Bind(1, key).Run();
}

Result<ListPage> Store::List(Database& database, const ListRequest& request, int64_t now) {
  const bool has_end = !request.prefix.empty();
  const bool behind = !request.after.empty() && request.after >= request.prefix;
  // Four texts, so that the index is used from the right place to the right place.
  static constexpr const char* kQueries[] = {
      "SELECT key, expiration, metadata FROM entries WHERE key >= ?1 AND (expiration IS NULL OR expiration > ?3) "
      "ORDER BY key LIMIT ?4",
      "SELECT key, expiration, metadata FROM entries WHERE key > ?1 AND (expiration IS NULL OR expiration > ?3) "
      "ORDER BY key LIMIT ?4",
      "SELECT key, expiration, metadata FROM entries WHERE key >= ?1 AND key < ?2 AND (expiration IS NULL OR "
      "expiration > ?3) ORDER BY key LIMIT ?4",
      "SELECT key, expiration, metadata FROM entries WHERE key > ?1 AND key < ?2 AND (expiration IS NULL OR "
      "expiration > ?3) ORDER BY key LIMIT ?4",
  };
  auto select = database.Prepare(kQueries[(has_end ? 2 : 0) + (behind ? 1 : 0)]);
  if (!select) return std::unexpected(std::move(select).error());
  const std::string& begin = behind ? request.after : request.prefix;
  const std::string end = has_end ? Successor(request.prefix) : std::string();
  select->Bind(1, std::string_view(begin)).Bind(3, now).Bind(4, request.limit + 1);
  if (has_end) select->Bind(2, std::string_view(end));
  ListPage page;
  for (;;) {
    auto row = select->Step();
    if (!row) return std::unexpected(std::move(row).error());
    if (!*row) return page;
    if (static_cast<int64_t>(page.keys.size()) == request.limit) {
      page.complete = false;
      return page;
    }
    ListedKey& key = page.keys.emplace_back();
    key.name = select->Text(0);
    key.expiration = select->Int(1);
    key.has_metadata = !select->IsNull(2);
    if (key.has_metadata) key.metadata = select->Text(2);
  }
}

Result<int64_t> Store::Sweep(Database& database, int64_t now, int64_t limit) {
  auto statement = database.Prepare(
      "DELETE FROM entries WHERE id IN (SELECT id FROM entries WHERE expiration IS NOT NULL AND expiration <= ?1 "
      "ORDER BY expiration LIMIT ?2)");
  if (!statement) return std::unexpected(std::move(statement).error());
  if (auto done = statement->Bind(1, now).Bind(2, limit).Run(); !done) return std::unexpected(std::move(done).error());
  return database.changes();
}

}  // namespace verge::kv
