// A namespace's file: its schema and the statements on it. Stateless; a connection and a place in the order of things
// (a transaction or none) are the caller's.
#ifndef KV_STORE_H_
#define KV_STORE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "kv/value.h"
#include "sqlite/database.h"

namespace verge::kv {

// How a namespace's file is opened. `vfs` is for tests.
sqlite::OpenOptions StoreOptions(sqlite::OpenMode mode, const char* vfs);

class Store {
 public:
  // Also what has expired. Within a transaction, or as one of its own. `max_bytes`: longer ones are an error
  // (SQLITE_TOOBIG). kOverloaded: the long values that have been read and are still held would be too many.
  static sqlite::Result<ValuePtr> Read(sqlite::Database& database, std::string_view key, uint64_t max_bytes);

  // Sets a key. In a write transaction. A single statement if the value is short.
  static sqlite::Result<> Write(sqlite::Database& database, std::string_view key, const Value& value);
  static sqlite::Result<> Delete(sqlite::Database& database, std::string_view key);

  // Without those that have expired at `now`. The cursor is not set.
  static sqlite::Result<ListPage> List(sqlite::Database& database, const ListRequest& request, int64_t now);

  // Removes up to `limit` entries that have expired at `now`; how many.
  static sqlite::Result<int64_t> Sweep(sqlite::Database& database, int64_t now, int64_t limit);
};

}  // namespace verge::kv

#endif  // KV_STORE_H_
