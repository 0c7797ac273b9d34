// The index of what is on disk: an SQLite database in the cache's folder. Functions on a connection; who calls them,
// and on which thread, is the disk tier's matter.
//
// Bodies up to kInlineBytes are in it, others in files (object_file.h) that are named by their object's id. A file is
// complete before its row exists, and a row goes before its file does: whatever a crash leaves is a file without a row.
#ifndef CACHE_DISK_INDEX_H_
#define CACHE_DISK_INDEX_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/hash.h"
#include "cache/purge_log.h"
#include "sqlite/database.h"
#include "sqlite/error.h"

namespace verge::cache {

// SQLite reads and writes bodies of this size faster than the file system does (no file to make, open and close), and
// hundreds of them go into one transaction. Above, writing them twice (log and file) begins to cost more.
inline constexpr uint64_t kInlineBytes = uint64_t{16} << 10;

sqlite::OpenOptions IndexOptions(sqlite::OpenMode mode, const char* vfs = nullptr);

// An object as the index knows it. Numbers that are unsigned here are signed there, with the same bits.
struct IndexRow {
  int64_t id = 0;
  int64_t owner = 0;
  uint64_t hash = 0;
  uint64_t variant = 0;
  uint64_t sequence = 0;
  uint64_t bytes = 0;  // of record and body
  bool in_file = false;
  std::string record;  // where it is asked for
};

struct StoredPurge {
  std::string owner;
  PurgeMark mark;
};

namespace index {

// The cache's seed and a number that no sequence in it is above. Without a seed: it is new.
struct State {
  std::optional<HashSeed> seed;
  uint64_t sequence = 0;
};
sqlite::Result<State> ReadState(sqlite::Database& database);
sqlite::Result<> WriteState(sqlite::Database& database, const HashSeed& seed, uint64_t sequence);
sqlite::Result<> WriteSequence(sqlite::Database& database, uint64_t sequence);

// Made when it is not there.
sqlite::Result<int64_t> OwnerId(sqlite::Database& database, std::string_view name);
struct OwnerRow {
  int64_t id = 0;
  std::string name;
};
sqlite::Result<std::vector<OwnerRow>> Owners(sqlite::Database& database);

// All with that hash, with their records.
sqlite::Result<std::vector<IndexRow>> Lookup(sqlite::Database& database, uint64_t hash);
sqlite::Result<std::optional<std::string>> InlineBody(sqlite::Database& database, int64_t id);
sqlite::Result<bool> Exists(sqlite::Database& database, int64_t id);

// `body`: null of one in a file. `used`: where in the order of use it stands.
sqlite::Result<> Insert(sqlite::Database& database, const IndexRow& row, const std::string* body, uint64_t used);
// Another record for the same body.
sqlite::Result<> Replace(sqlite::Database& database, const IndexRow& row, uint64_t used);
sqlite::Result<> Touch(sqlite::Database& database, int64_t id, uint64_t used);
sqlite::Result<> Delete(sqlite::Database& database, int64_t id);

// The least recently used ones; of all owners when `owner` is zero. Without their records.
sqlite::Result<std::vector<IndexRow>> LeastUsed(sqlite::Database& database, int64_t owner, int most);
// In the order of ids, behind `after`, with their records.
sqlite::Result<std::vector<IndexRow>> After(sqlite::Database& database, int64_t after, int most);
// All whose place in the order of pages (listing.h) is `from` or behind it, in that order, with their records.
sqlite::Result<std::vector<IndexRow>> FromPosition(sqlite::Database& database, uint64_t from, int most);
// All, for who counts: owner, hash, bytes. From an index alone.
sqlite::Result<std::vector<IndexRow>> Sizes(sqlite::Database& database);

sqlite::Result<std::vector<StoredPurge>> Purges(sqlite::Database& database);
sqlite::Result<> AddPurge(sqlite::Database& database, const StoredPurge& purge);
sqlite::Result<> DropPurges(sqlite::Database& database, std::string_view owner);

}  // namespace index

}  // namespace verge::cache

#endif  // CACHE_DISK_INDEX_H_
