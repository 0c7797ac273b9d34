// A service in a folder of the test's own, and a way to wait for queries.
#ifndef TESTS_D1_SCRATCH_H_
#define TESTS_D1_SCRATCH_H_

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "d1/service.h"
#include "tests/sqlite/scratch_folder.h"

namespace verge::d1 {

class Waiting final : public Operation {
 public:
  void OnDone() override {
    std::lock_guard lock(mutex_);
    ++done_;
    changed_.notify_all();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_ > 0; });
    EXPECT_EQ(done_, 1);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int done_ = 0;
};

inline std::shared_ptr<Waiting> Begin(Database& database, std::vector<Query> queries) {
  auto operation = std::make_shared<Waiting>();
  operation->queries = std::move(queries);
  database.Start(operation);
  return operation;
}

inline std::shared_ptr<Waiting> Perform(Database& database, std::vector<Query> queries) {
  auto operation = Begin(database, std::move(queries));
  operation->Wait();
  return operation;
}

inline std::string Show(const ResultSet& result) {
  std::string out;
  RowReader reader(result.rows);
  for (size_t row = 0; row < result.rows.rows(); ++row) {
    if (row > 0) out += ";";
    for (size_t i = 0; i < result.columns->names.size(); ++i) {
      if (i > 0) out += ",";
      const Cell cell = reader.Next();
      switch (cell.type) {
        case CellType::kNull:
          out += "null";
          break;
        case CellType::kSmallInteger:
        case CellType::kInteger:
          out += std::to_string(cell.integer);
          break;
        case CellType::kReal:
          out += std::to_string(cell.real);
          break;
        case CellType::kAscii:
        case CellType::kUtf8:
          out += cell.bytes;
          break;
        case CellType::kBlob:
          out += "<" + std::to_string(cell.bytes.size()) + ">";
      }
    }
  }
  return out;
}

// The rows of the last query, or "! " and the error.
inline std::string Ask(Database& database, std::vector<Query> queries) {
  auto operation = Perform(database, std::move(queries));
  if (operation->failure) return "! " + operation->failure->text;
  return Show(operation->results.back());
}
inline std::string Ask(Database& database, std::string sql, std::vector<Value> params = {}) {
  std::vector<Query> queries;
  queries.push_back({std::move(sql), std::move(params)});
  return Ask(database, std::move(queries));
}

class ServiceTest : public ::testing::Test {
 protected:
  explicit ServiceTest(Limits limits = {}) : directory_(folder_.path()), service_(directory_, limits) {}

  sqlite::ScratchFolder folder_;
  sqlite::StateDirectory directory_;
  Service service_;
  std::shared_ptr<Database> db_ = service_.Get("test");
};

}  // namespace verge::d1

#endif  // TESTS_D1_SCRATCH_H_
