#include "cache/disk/index.h"

#include <array>
#include <cstring>
#include <utility>

#include "cache/listing.h"

namespace verge::cache {

namespace {

using sqlite::Database;
using sqlite::Result;
using sqlite::Statement;

constexpr uint32_t kApplicationId = 0x56724361;  // "VrCa"

constexpr std::array<const char*, 1> kMigrations = {
    "CREATE TABLE state(id INTEGER PRIMARY KEY CHECK (id = 1), seed BLOB NOT NULL, sequence INTEGER NOT NULL);"
    "CREATE TABLE owners(id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE);"
    "CREATE TABLE objects(id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, hash INTEGER NOT NULL,"
    " variant INTEGER NOT NULL, sequence INTEGER NOT NULL, used INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    " in_file INTEGER NOT NULL, record BLOB NOT NULL, body BLOB);"
    "CREATE INDEX objects_by_hash ON objects(hash);"
    "CREATE INDEX objects_by_use ON objects(used);"
    "CREATE INDEX objects_by_owner ON objects(owner, used, hash, bytes);"
    "CREATE TABLE purges(owner BLOB NOT NULL, kind INTEGER NOT NULL, soft INTEGER NOT NULL, all_names INTEGER NOT NULL,"
    " name BLOB NOT NULL, text BLOB NOT NULL, sequence INTEGER NOT NULL,"
    " PRIMARY KEY(owner, kind, soft, all_names, name, text)) WITHOUT ROWID;"};

int64_t Signed(uint64_t value) { return static_cast<int64_t>(value); }
uint64_t Unsigned(int64_t value) { return static_cast<uint64_t>(value); }

constexpr const char* kColumns = "SELECT id, owner, hash, variant, sequence, bytes, in_file";

// The columns of kColumns, and the record if there is one.
IndexRow RowOf(const Statement& statement) {
  IndexRow row;
  row.id = statement.Int(0);
  row.owner = statement.Int(1);
  row.hash = Unsigned(statement.Int(2));
  row.variant = Unsigned(statement.Int(3));
  row.sequence = Unsigned(statement.Int(4));
  row.bytes = Unsigned(statement.Int(5));
  row.in_file = statement.Int(6) != 0;
  if (statement.columns() > 7) row.record = statement.Blob(7);
  return row;
}

// Every row of a statement, made by `make`.
template <typename T, typename F>
Result<std::vector<T>> All(Result<Statement> statement, F bind, T (*make)(const Statement&)) {
  if (!statement) return std::unexpected(std::move(statement).error());
  bind(*statement);
  std::vector<T> rows;
  while (true) {
    auto row = statement->Step();
    if (!row) return std::unexpected(std::move(row).error());
    if (!*row) return rows;
    rows.push_back(make(*statement));
  }
}

template <typename F>
Result<> Run(Database& database, std::string_view sql, F bind) {
  auto statement = database.Prepare(sql);
  if (!statement) return std::unexpected(std::move(statement).error());
  bind(*statement);
  return statement->Run();
}

}  // namespace

sqlite::OpenOptions IndexOptions(sqlite::OpenMode mode, const char* vfs) {
  sqlite::OpenOptions options;
  options.mode = mode;
  options.durable = false;
  options.application_id = kApplicationId;
  options.kind = "a cache's index";
  options.migrations = kMigrations;
  options.cache_bytes = size_t{8} << 20;
  options.vfs = vfs;
  return options;
}

namespace index {

Result<State> ReadState(Database& database) {
  auto statement = database.Prepare("SELECT seed, sequence FROM state");
  if (!statement) return std::unexpected(std::move(statement).error());
  auto row = statement->Step();
  if (!row) return std::unexpected(std::move(row).error());
  State state;
  if (!*row) return state;
  const std::string_view seed = statement->Blob(0);
  if (seed.size() != sizeof(HashSeed)) return sqlite::Fail(SQLITE_CORRUPT, "its seed is no seed");
  std::memcpy(&state.seed.emplace(), seed.data(), sizeof(HashSeed));
  state.sequence = Unsigned(statement->Int(1));
  return state;
}

Result<> WriteState(Database& database, const HashSeed& seed, uint64_t sequence) {
  const std::string_view bytes(reinterpret_cast<const char*>(&seed), sizeof seed);
  return Run(database, "INSERT INTO state VALUES(1, ?, ?)",
             [&](Statement& insert) { insert.BindBlob(1, bytes).Bind(2, Signed(sequence)); });
}

Result<> WriteSequence(Database& database, uint64_t sequence) {
  return Run(database, "UPDATE state SET sequence = ?", [&](Statement& update) { update.Bind(1, Signed(sequence)); });
}

Result<int64_t> OwnerId(Database& database, std::string_view name) {
  auto find = database.Prepare("SELECT id FROM owners WHERE name = ?");
  if (!find) return std::unexpected(std::move(find).error());
  find->BindBlob(1, name);
  auto row = find->Step();
  if (!row) return std::unexpected(std::move(row).error());
  if (*row) return find->Int(0);
  auto added =
      Run(database, "INSERT INTO owners(name) VALUES(?)", [&](Statement& insert) { insert.BindBlob(1, name); });
  if (!added) return std::unexpected(std::move(added).error());
  return database.last_insert_rowid();
}

Result<std::vector<OwnerRow>> Owners(Database& database) {
  return All<OwnerRow>(
      database.Prepare("SELECT id, name FROM owners"), [](Statement&) {},
      [](const Statement& row) { return OwnerRow{row.Int(0), std::string(row.Blob(1))}; });
}

Result<std::vector<IndexRow>> Lookup(Database& database, uint64_t hash) {
  static const std::string sql = std::string(kColumns) + ", record FROM objects WHERE hash = ?";
  return All<IndexRow>(database.Prepare(sql), [&](Statement& select) { select.Bind(1, Signed(hash)); }, RowOf);
}

Result<std::optional<std::string>> InlineBody(Database& database, int64_t id) {
  auto statement = database.Prepare("SELECT body FROM objects WHERE id = ?");
  if (!statement) return std::unexpected(std::move(statement).error());
  auto row = statement->Bind(1, id).Step();
  if (!row) return std::unexpected(std::move(row).error());
  if (!*row || statement->IsNull(0)) return std::nullopt;
  return std::string(statement->Blob(0));
}

Result<bool> Exists(Database& database, int64_t id) {
  auto statement = database.Prepare("SELECT 1 FROM objects WHERE id = ?");
  if (!statement) return std::unexpected(std::move(statement).error());
  return statement->Bind(1, id).Step();
}

Result<> Insert(Database& database, const IndexRow& row, const std::string* body, uint64_t used) {
  return Run(database, "INSERT INTO objects VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [&](Statement& insert) {
    insert.Bind(1, row.id)
        .Bind(2, row.owner)
        .Bind(3, Signed(row.hash))
        .Bind(4, Signed(row.variant))
        .Bind(5, Signed(row.sequence))
        .Bind(6, Signed(used))
        .Bind(7, Signed(row.bytes))
        .Bind(8, row.in_file ? 1 : 0)
        .BindBlob(9, row.record);
    if (body) {
      insert.BindBlob(10, *body);
    } else {
      insert.BindNull(10);
    }
  });
}

Result<> Replace(Database& database, const IndexRow& row, uint64_t used) {
  return Run(database, "UPDATE objects SET variant = ?, sequence = ?, used = ?, bytes = ?, record = ? WHERE id = ?",
             [&](Statement& update) {
               update.Bind(1, Signed(row.variant))
                   .Bind(2, Signed(row.sequence))
                   .Bind(3, Signed(used))
                   .Bind(4, Signed(row.bytes))
                   .BindBlob(5, row.record)
                   .Bind(6, row.id);
             });
}

Result<> Touch(Database& database, int64_t id, uint64_t used) {
  return Run(database, "UPDATE objects SET used = ? WHERE id = ?",
             [&](Statement& update) { update.Bind(1, Signed(used)).Bind(2, id); });
}

Result<> Delete(Database& database, int64_t id) {
  return Run(database, "DELETE FROM objects WHERE id = ?", [&](Statement& erase) { erase.Bind(1, id); });
}

Result<std::vector<IndexRow>> LeastUsed(Database& database, int64_t owner, int most) {
  static const std::string of_all = std::string(kColumns) + " FROM objects ORDER BY used LIMIT ?1";
  static const std::string of_owner = std::string(kColumns) + " FROM objects WHERE owner = ?2 ORDER BY used LIMIT ?1";
  return All<IndexRow>(
      database.Prepare(owner == 0 ? of_all : of_owner),
      [&](Statement& select) {
        select.Bind(1, most);
        if (owner != 0) select.Bind(2, owner);
      },
      RowOf);
}

Result<std::vector<IndexRow>> After(Database& database, int64_t after, int most) {
  static const std::string sql = std::string(kColumns) + ", record FROM objects WHERE id > ? ORDER BY id LIMIT ?";
  return All<IndexRow>(database.Prepare(sql), [&](Statement& select) { select.Bind(1, after).Bind(2, most); }, RowOf);
}

Result<std::vector<IndexRow>> FromPosition(Database& database, uint64_t from, int most) {
  static const std::string sql =
      std::string(kColumns) + ", record FROM objects INDEXED BY objects_by_hash WHERE hash >= ? ORDER BY hash LIMIT ?";
  return All<IndexRow>(
      database.Prepare(sql), [&](Statement& select) { select.Bind(1, Signed(PositionOf(from))).Bind(2, most); }, RowOf);
}

Result<std::vector<IndexRow>> Sizes(Database& database) {
  return All<IndexRow>(
      database.Prepare("SELECT owner, hash, bytes FROM objects INDEXED BY objects_by_owner"), [](Statement&) {},
      [](const Statement& statement) {
        IndexRow row;
        row.owner = statement.Int(0);
        row.hash = Unsigned(statement.Int(1));
        row.bytes = Unsigned(statement.Int(2));
        return row;
      });
}

Result<std::vector<StoredPurge>> Purges(Database& database) {
  return All<StoredPurge>(
      database.Prepare("SELECT owner, kind, soft, all_names, name, text, sequence FROM purges"), [](Statement&) {},
      [](const Statement& row) {
        StoredPurge purge;
        purge.owner = row.Blob(0);
        purge.mark.kind = row.Int(1) == 1   ? PurgeMark::Kind::kTag
                          : row.Int(1) == 2 ? PurgeMark::Kind::kPrefix
                                            : PurgeMark::Kind::kEverything;
        purge.mark.soft = row.Int(2) != 0;
        purge.mark.all_names = row.Int(3) != 0;
        purge.mark.name = row.Blob(4);
        purge.mark.text = row.Blob(5);
        purge.mark.sequence = Unsigned(row.Int(6));
        return purge;
      });
}

Result<> AddPurge(Database& database, const StoredPurge& purge) {
  return Run(database, "INSERT OR REPLACE INTO purges VALUES(?, ?, ?, ?, ?, ?, ?)", [&](Statement& insert) {
    insert.BindBlob(1, purge.owner)
        .Bind(2, static_cast<int>(std::to_underlying(purge.mark.kind)))
        .Bind(3, purge.mark.soft ? 1 : 0)
        .Bind(4, purge.mark.all_names ? 1 : 0)
        .BindBlob(5, purge.mark.name)
        .BindBlob(6, purge.mark.text)
        .Bind(7, Signed(purge.mark.sequence));
  });
}

Result<> DropPurges(Database& database, std::string_view owner) {
  return Run(database, "DELETE FROM purges WHERE owner = ?", [&](Statement& erase) { erase.BindBlob(1, owner); });
}

}  // namespace index

}  // namespace verge::cache
