// What of a process stores things: the folder, the threads, and the services on them, which all shards share.
#ifndef CLI_STORAGE_H_
#define CLI_STORAGE_H_

#include <string>

#include "d1/service.h"
#include "kv/service.h"
#include "sqlite/state_directory.h"
#include "sqlite/thread_pool.h"

namespace verge::cli {

// Made before the shards and destroyed behind them: its end waits for writes that are queued. The services are members
// behind the pools they run on.
struct Storage {
  // `kv_clock` (null: the machine's) outlives it.
  explicit Storage(std::string folder, const kv::Clock* kv_clock = nullptr);

  const sqlite::StateDirectory directory;
  sqlite::ThreadPool commits;  // for sqlite::GroupWriter: its threads spend their time in fsync
  sqlite::ThreadPool reads;    // for what misses the caches, and for queries
  kv::Service kv;
  d1::Service d1;  // on threads of its own
};

}  // namespace verge::cli

#endif  // CLI_STORAGE_H_
