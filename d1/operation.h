// Queries on their way through a database, and what came of them.
#ifndef D1_OPERATION_H_
#define D1_OPERATION_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "d1/connection.h"
#include "d1/value.h"

namespace verge::d1 {

struct Failure {
  std::string text;  // without "D1_ERROR: "
  size_t query = 0;  // which one
  // Not what the query did, but what it may use: the invocation is to be ended.
  bool exceeded_cpu = false;
};

// Made by whoever asks, shared with the threads that work on it. What it asks for is set before Database::Start and
// then left alone; the results are there when OnDone is called.
class Operation {
 public:
  Operation() = default;
  virtual ~Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  // On a pool thread, or in Start; exactly once.
  virtual void OnDone() = 0;

  // --- Asked for.
  std::vector<Query> queries;  // all or nothing
  bool is_exec = false;   // queries are pieces of exec(): a piece that is no statement may be several lines of them
  bool want_size = true;  // meta.size_after
  int64_t cpu_ns = INT64_MAX;  // what all of it may use

  // Nobody waits for the result any more: a read ends, and a write that has not begun does not begin. Any thread.
  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }

  // --- Found.
  std::vector<ResultSet> results;  // one for each query, unless it failed
  std::unique_ptr<Failure> failure;
  int64_t cpu_used_ns = 0;
  std::string bookmark;

 private:
  friend class Database;
  std::atomic<bool> cancelled_{false};
};

}  // namespace verge::d1

#endif  // D1_OPERATION_H_
