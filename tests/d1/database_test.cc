#include "d1/database.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "d1/error_text.h"
#include "tests/d1/scratch.h"

namespace verge::d1 {
namespace {

class Databases : public ServiceTest {};

TEST_F(Databases, BatchIsAllOrNothing) {
  Ask(*db_, "CREATE TABLE t(a UNIQUE)");
  auto operation = Perform(*db_, {{"INSERT INTO t VALUES (1)", {}},
                                  {"INSERT INTO t VALUES (2)", {}},
                                  {"INSERT INTO t VALUES (1)", {}},
                                  {"INSERT INTO t VALUES (3)", {}}});
  ASSERT_TRUE(operation->failure);
  EXPECT_EQ(operation->failure->query, 2U);
  EXPECT_TRUE(operation->results.empty());
  EXPECT_EQ(Ask(*db_, "SELECT count(*) FROM t"), "0");
  operation = Perform(*db_, {{"INSERT INTO t VALUES (1)", {}}, {"SELECT count(*) FROM t", {}}});
  EXPECT_EQ(Show(operation->results[1]), "1");
  EXPECT_EQ(operation->results[0].meta.changes, 1);
  EXPECT_EQ(operation->results[1].meta.changes, 0);
}

TEST_F(Databases, ManyAtOnce) {
  Ask(*db_, "CREATE TABLE t(a)");
  std::vector<std::thread> threads;
  std::atomic<int> failed{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 100; ++n) {
        if (Ask(*db_, "INSERT INTO t VALUES (?)", {i * 1000.0 + n}) != "") ++failed;
        const std::string count = Ask(*db_, "SELECT count(*) FROM t");
        if (count.starts_with("!") || std::stoi(count) <= n) ++failed;
      }
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(failed.load(), 0);
  EXPECT_EQ(Ask(*db_, "SELECT count(*), count(DISTINCT a) FROM t"), "800,800");
}

TEST_F(Databases, InPlaceWhatIsKnownAndLight) {
  Ask(*db_, "CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  Ask(*db_,
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) INSERT INTO t SELECT i, i * 2 FROM "
      "n");
  ResultSet result;
  Query point{"SELECT a FROM t WHERE id = ?", {7.0}};
  EXPECT_FALSE(db_->TryInline(point, &result).has_value());  // never seen
  EXPECT_EQ(Ask(*db_, {point}), "14");
  auto run = db_->TryInline(point, &result);
  ASSERT_TRUE(run.has_value());
  ASSERT_TRUE(run->has_value());
  EXPECT_EQ(Show(result), "14");
  // Sees what was written before.
  Ask(*db_, "UPDATE t SET a = 'new' WHERE id = 7");
  EXPECT_TRUE(db_->TryInline(point, &result).has_value());
  EXPECT_EQ(Show(result), "new");
  // Errors are results too.
  run = db_->TryInline({point.sql, {}}, &result);
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->error().text, kWrongBindings);
  // Long, calling what can be long, or writing: on the pool.
  for (const char* sql : {"SELECT sum(a) FROM t", "SELECT 'x' LIKE 'x'", "UPDATE t SET a = 1 WHERE id = 1 RETURNING a",
                          "SELECT value FROM json_each('[1]')", "PRAGMA table_info(t)"}) {
    EXPECT_FALSE(Ask(*db_, sql).starts_with("!")) << sql;
    EXPECT_FALSE(db_->TryInline({sql, {}}, &result).has_value()) << sql;
  }
  // Light for one parameter and not for another: given up, and not tried without end.
  Query varies{"SELECT sum(a) FROM t WHERE id < ?", {3.0}};
  int in_place = 0;
  for (int i = 0; i < 10; ++i) {
    varies.params[0] = 3.0;
    Ask(*db_, {varies});
    varies.params[0] = 1e9;
    if (db_->TryInline(varies, &result)) ++in_place;
    varies.params[0] = 3.0;
    if (i == 9) {
      EXPECT_FALSE(db_->TryInline(varies, &result).has_value());
    }
  }
  EXPECT_EQ(in_place, 0);
}

TEST_F(Databases, NothingIsMadeBeforeItIsNeeded) {
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("d1")));
  EXPECT_EQ(Ask(*db_, "SELECT 1"), "1");
  struct stat status{};
  ASSERT_EQ(::stat(folder_.Path("d1").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST_F(Databases, IdleConnectionsAreClosed) {
  Ask(*db_, "CREATE TABLE t(a)");
  Ask(*db_, "SELECT 1");
  EXPECT_EQ(db_->idle_connections(), 1U);
  db_->CloseIdle(std::chrono::steady_clock::now() - std::chrono::hours(1));
  EXPECT_EQ(db_->idle_connections(), 1U);
  db_->CloseIdle(std::chrono::steady_clock::now() + std::chrono::hours(1));
  EXPECT_EQ(db_->idle_connections(), 0U);
  // Everything is closed: the log was put into the file.
  EXPECT_FALSE(std::filesystem::exists(db_->path() + "-wal"));
  EXPECT_EQ(Ask(*db_, "INSERT INTO t VALUES (1)"), "");
  EXPECT_EQ(Ask(*db_, "SELECT * FROM t"), "1");
}

TEST_F(Databases, ABrokenFileIsAClearError) {
  folder_.Write("x", "");
  std::filesystem::create_directory(folder_.Path("d1"));
  folder_.Write("d1/bad.sqlite", std::string(5000, 'x'));
  auto bad = service_.Get("bad");
  for (const char* sql : {"SELECT 1 FROM sqlite_master", "CREATE TABLE t(a)"}) {
    const std::string answer = Ask(*bad, sql);
    EXPECT_TRUE(answer.starts_with("! ")) << answer;
    EXPECT_NE(answer.find("SQLITE_NOTADB"), std::string::npos) << answer;
  }
  EXPECT_EQ(folder_.Read("d1/bad.sqlite"), std::string(5000, 'x'));
}

TEST_F(Databases, CancelledBeforeItBegins) {
  Ask(*db_, "CREATE TABLE t(a)");
  auto operation = std::make_shared<Waiting>();
  operation->queries.push_back({"INSERT INTO t VALUES (1)", {}});
  operation->Cancel();
  db_->Start(operation);
  operation->Wait();
  EXPECT_EQ(Ask(*db_, "SELECT count(*) FROM t"), "0");
}

constexpr char kEndless[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n";

TEST_F(Databases, CpuTimeEndsAQuery) {
  auto operation = std::make_shared<Waiting>();
  operation->queries.push_back({kEndless, {}});
  operation->cpu_ns = 5'000'000;
  db_->Start(operation);
  operation->Wait();
  ASSERT_TRUE(operation->failure);
  EXPECT_TRUE(operation->failure->exceeded_cpu);
  EXPECT_GE(operation->cpu_used_ns, 5'000'000);
  // A write that is ended takes nobody else's with it.
  Ask(*db_, "CREATE TABLE t(a)");
  auto other = Begin(*db_, {{"INSERT INTO t VALUES (1)", {}}});
  operation = std::make_shared<Waiting>();
  operation->queries.push_back({std::string("INSERT INTO t ") + kEndless, {}});
  operation->cpu_ns = 5'000'000;
  db_->Start(operation);
  auto third = Begin(*db_, {{"INSERT INTO t VALUES (2)", {}}});
  operation->Wait();
  other->Wait();
  third->Wait();
  EXPECT_TRUE(operation->failure && operation->failure->exceeded_cpu);
  EXPECT_FALSE(other->failure);
  EXPECT_FALSE(third->failure);
  EXPECT_EQ(Ask(*db_, "SELECT sum(a) FROM t"), "3");
}

class ShortLimits : public ServiceTest {
 protected:
  static Limits Short() {
    Limits limits;
    limits.query_time = std::chrono::milliseconds(300);
    limits.result_bytes = 1 << 20;
    return limits;
  }
  ShortLimits() : ServiceTest(Short()) {}
};

TEST_F(ShortLimits, TimeAndSize) {
  EXPECT_EQ(Ask(*db_, kEndless), "! " + std::string(kTimeout));
  EXPECT_EQ(Ask(*db_, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, 'some text' FROM n"),
            "! the result is larger than 1 MiB; select less at a time: SQLITE_TOOBIG");
  EXPECT_EQ(Ask(*db_, "SELECT 1"), "1");
}

TEST_F(Databases, ExecTakesStatementsOrLines) {
  auto exec = [this](std::vector<std::string> pieces) {
    auto operation = std::make_shared<Waiting>();
    for (std::string& each : pieces) operation->queries.push_back({std::move(each), {}});
    operation->is_exec = true;
    db_->Start(operation);
    operation->Wait();
    return operation->failure ? std::to_string(operation->failure->query) + " " + operation->failure->text
                              : std::to_string(operation->results.size());
  };
  EXPECT_EQ(exec({"CREATE TABLE t(\n a\n);", "INSERT INTO t VALUES (1);"}), "2");
  EXPECT_EQ(exec({"INSERT INTO t VALUES (2)\nINSERT INTO t VALUES (3)"}), "1");
  EXPECT_EQ(Ask(*db_, "SELECT group_concat(a) FROM t"), "1,2,3");
  EXPECT_EQ(exec({"INSERT INTO t VALUES (4);", "INSERT INTO nope\nVALUES (5);"}),
            "1 no such table: nope: SQLITE_ERROR");
  EXPECT_EQ(Ask(*db_, "SELECT group_concat(a) FROM t"), "1,2,3");
}

// Broken and odd SQL with odd parameters: an answer or an error, and the database goes on.
TEST_F(Databases, AnySql) {
  const std::string_view seeds[] = {
      "SELECT a, count(*) OVER (PARTITION BY b ORDER BY a) FROM t WHERE b LIKE ?1 GROUP BY a HAVING max(b) > ?2",
      "INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT DO UPDATE SET b = excluded.b RETURNING *",
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9) SELECT json_group_array(i) FROM n",
      "CREATE TRIGGER IF NOT EXISTS g AFTER UPDATE ON t BEGIN DELETE FROM t WHERE a = old.a; SELECT 1; END;",
      "PRAGMA table_info(t); SELECT * FROM f WHERE f MATCH ?; UPDATE t SET a = ?1 -- c",
      "ALTER TABLE t ADD COLUMN c DEFAULT (1 + 2)",
      "ATTACH 'x' AS y; SAVEPOINT z; VACUUM; DROP TABLE t",
      "SELECT x'00ff', 1e999, 'it''s', \"q\", [b], `c`, /* k */ -0.0, 0x7fffffffffffffff, printf('%s%.9d', ?, ?)"};
  Ask(*db_, "CREATE TABLE t(a PRIMARY KEY, b)");
  Ask(*db_, "CREATE VIRTUAL TABLE f USING fts5(x)");
  uint32_t state = 7;
  auto random = [&state](size_t below) {
    state = state * 1664525 + 1013904223;
    return static_cast<size_t>(state >> 8) % below;
  };
  int fine = 0;
  for (int round = 0; round < 1500; ++round) {
    std::string sql(seeds[random(std::size(seeds))]);
    for (size_t n = random(4); n > 0; --n) {
      const std::string_view other = seeds[random(std::size(seeds))];
      const size_t from = random(other.size());
      const size_t at = random(sql.size() + 1);
      switch (random(3)) {
        case 0:
          sql.erase(at, random(8));
          break;
        case 1:
          sql.insert(at, other.substr(from, random(20)));
          break;
        default:
          if (at < sql.size()) sql[at] = static_cast<char>(random(256));
      }
    }
    std::vector<Value> params;
    for (size_t n = random(4); n > 0; --n) {
      const Value values[] = {std::monostate(), 1e300, std::string("a\0\xff", 3), Blob{std::string(300, 'x')}};
      params.push_back(values[random(4)]);
    }
    ResultSet result;
    (void)db_->TryInline({sql, params}, &result);
    auto operation = std::make_shared<Waiting>();
    operation->queries.push_back({sql, params});
    if (random(3) == 0) operation->queries.push_back({std::string(seeds[random(std::size(seeds))]), {}});
    operation->is_exec = random(4) == 0;
    db_->Start(operation);
    operation->Wait();
    for (const ResultSet& each : operation->results) (void)Show(each);
    fine += operation->failure ? 0 : 1;
  }
  EXPECT_GT(fine, 20);
  EXPECT_EQ(Ask(*db_, "PRAGMA quick_check"), "ok");
}

TEST(Bookmarks, GoUp) {
  BookmarkClock clock;
  std::string last = clock.Current();
  EXPECT_EQ(last.size(), 8U + 1 + 8 + 1 + 8 + 1 + 32);
  for (int i = 0; i < 1000; ++i) {
    clock.Advance();
    EXPECT_LT(last, clock.Current());
    last = clock.Current();
  }
}

}  // namespace
}  // namespace verge::d1
