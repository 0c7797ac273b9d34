#include "d1/connection.h"

#include <gtest/gtest.h>

#include "tests/d1/scratch.h"

namespace verge::d1 {
namespace {

class Values : public ServiceTest {};

TEST_F(Values, Types) {
  EXPECT_EQ(Ask(*db_, "SELECT typeof(?1), typeof(?2), typeof(?3), typeof(?4)",
                {1.0, std::string("x"), std::monostate(), Blob{std::string("a\0b", 3)}}),
            "real,text,null,blob");
  EXPECT_EQ(Ask(*db_, "CREATE TABLE t(i INTEGER, r REAL, t TEXT, b BLOB)"), "");
  EXPECT_EQ(Ask(*db_, "INSERT INTO t VALUES (?, ?, ?, ?)", {5.0, 5.0, 5.0, Blob{""}}), "");
  EXPECT_EQ(Ask(*db_, "SELECT typeof(i), typeof(r), t, length(b) FROM t"), "integer,real,5.0,0");
  EXPECT_EQ(Ask(*db_, "SELECT 9223372036854775807, -2147483649, 2147483647, 1.5, X'0102', 'ü', NULL"),
            "9223372036854775807,-2147483649,2147483647,1.500000,<2>,ü,null");
  EXPECT_EQ(Ask(*db_, "SELECT ?3, ?1", {1.0, 2.0, 3.0}), "3.000000,1.000000");
  EXPECT_EQ(Ask(*db_, "SELECT ?", {std::string(100'000, 'x')}), std::string(100'000, 'x'));
}

TEST_F(Values, WrongNumberOfParameters) {
  EXPECT_EQ(Ask(*db_, "SELECT ?"), "! Wrong number of parameter bindings for SQL query.");
  EXPECT_EQ(Ask(*db_, "SELECT 1", {1.0}), "! Wrong number of parameter bindings for SQL query.");
  EXPECT_EQ(Ask(*db_, "SELECT ?1, ?3", {1.0, 2.0}), "! Wrong number of parameter bindings for SQL query.");
}

TEST_F(Values, ColumnsOfTheSameName) {
  auto operation = Perform(*db_, {{"SELECT 1 AS a, 2 AS b, 3 AS a", {}}});
  const Columns& columns = *operation->results[0].columns;
  EXPECT_EQ(columns.names, (std::vector<std::string>{"a", "b", "a"}));
  EXPECT_EQ(columns.object_columns, (std::vector<int>{2, 1}));
}

TEST_F(Values, ErrorTexts) {
  EXPECT_EQ(Ask(*db_, "SELEC 1"), "! near \"SELEC\": syntax error at offset 0: SQLITE_ERROR");
  EXPECT_EQ(Ask(*db_, "SELECT nope"), "! no such column: nope at offset 7: SQLITE_ERROR");
  EXPECT_EQ(Ask(*db_, "SELECT * FROM nope"), "! no such table: nope: SQLITE_ERROR");
  EXPECT_EQ(Ask(*db_, "SELECT"), "! incomplete input: SQLITE_ERROR");
  EXPECT_EQ(Ask(*db_, ""), "! No SQL statements detected.");
  EXPECT_EQ(Ask(*db_, "-- nothing\n/* at all */ ;"), "! No SQL statements detected.");
  EXPECT_EQ(Ask(*db_, "CREATE TABLE t(a INTEGER PRIMARY KEY, b UNIQUE NOT NULL)"), "");
  EXPECT_EQ(Ask(*db_, "INSERT INTO t VALUES (1, 1)"), "");
  EXPECT_EQ(Ask(*db_, "INSERT INTO t VALUES (1, 2)"),
            "! UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)");
  EXPECT_EQ(Ask(*db_, "INSERT INTO t VALUES (2, 1)"),
            "! UNIQUE constraint failed: t.b: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)");
  EXPECT_EQ(Ask(*db_, "INSERT INTO t VALUES (2, NULL)"),
            "! NOT NULL constraint failed: t.b: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_NOTNULL)");
}

TEST_F(Values, LimitsOfD1) {
  auto many = [](int count, const char* each) {
    std::string out;
    for (int i = 0; i < count; ++i) out += (i > 0 ? "," : "") + std::string(each);
    return out;
  };
  EXPECT_EQ(Ask(*db_, "SELECT '" + std::string(100'000, 'x') + "'"), "! statement too long: SQLITE_TOOBIG");
  EXPECT_EQ(Ask(*db_, "SELECT " + many(101, "1")), "! too many columns in result set: SQLITE_ERROR");
  EXPECT_EQ(Ask(*db_, "SELECT 1 WHERE 1 IN (" + many(101, "?") + ")", std::vector<Value>(101, Value(1.0))),
            "! too many SQL variables at offset 221: SQLITE_ERROR");
  EXPECT_EQ(Ask(*db_, "SELECT max(" + many(33, "1") + ")"),
            "! too many arguments on function max at offset 7: SQLITE_ERROR");
  EXPECT_EQ(Ask(*db_, "SELECT 'a' LIKE '" + std::string(51, 'x') + "'"),
            "! LIKE or GLOB pattern too complex: SQLITE_ERROR");
  EXPECT_EQ(Ask(*db_, "SELECT ?", {std::string(2'000'001, 'x')}), "! string or blob too big: SQLITE_TOOBIG");
  EXPECT_EQ(Ask(*db_, "SELECT length(zeroblob(2000001))"), "! string or blob too big: SQLITE_TOOBIG");
  EXPECT_EQ(Ask(*db_, "SELECT length(?)", {std::string(1'999'000, 'x')}), "1999000");
}

TEST_F(Values, SeveralStatementsInOneText) {
  EXPECT_EQ(Ask(*db_, "CREATE TABLE t(a); INSERT INTO t VALUES (1); SELECT a + ? FROM t; ", {2.0}), "3.000000");
  EXPECT_EQ(Ask(*db_, "INSERT INTO t VALUES (2); INSERT INTO nope VALUES (1)"), "! no such table: nope: SQLITE_ERROR");
  EXPECT_EQ(Ask(*db_, "SELECT count(*) FROM t"), "1");
  EXPECT_EQ(Ask(*db_, "SELECT 1; DELETE FROM t"), "");
  EXPECT_EQ(Ask(*db_, "SELECT count(*) FROM t"), "0");
}

TEST_F(Values, Meta) {
  Ask(*db_, "CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  auto insert = Perform(*db_, {{"INSERT INTO t (a) VALUES (1), (2), (3)", {}}});
  const Meta& meta = insert->results[0].meta;
  EXPECT_EQ(meta.changes, 3);
  EXPECT_EQ(meta.rows_written, 3);
  EXPECT_EQ(meta.last_row_id, 3);
  EXPECT_TRUE(meta.changed_db);
  EXPECT_GE(meta.size_after, 8192);
  EXPECT_EQ(meta.size_after % 4096, 0);
  EXPECT_GE(meta.duration_ms, 0);
  auto scan = Perform(*db_, {{"SELECT sum(a) FROM t WHERE a > 0", {}}});
  EXPECT_EQ(scan->results[0].meta.rows_read, 3);
  EXPECT_EQ(scan->results[0].meta.changes, 0);
  EXPECT_FALSE(scan->results[0].meta.changed_db);
  EXPECT_EQ(scan->results[0].meta.size_after, meta.size_after);
  auto point = Perform(*db_, {{"SELECT a FROM t WHERE id = 2", {}}});
  EXPECT_EQ(point->results[0].meta.rows_read, 1);
  // What was written last, on whichever connection.
  EXPECT_EQ(Ask(*db_, "SELECT last_insert_rowid()"), "3");
  EXPECT_LT(std::string("00000000"), point->bookmark);
}

TEST_F(Values, SchemaChangesReachCachedStatements) {
  Ask(*db_, "CREATE TABLE t(a)");
  Ask(*db_, "INSERT INTO t VALUES (1)");
  EXPECT_EQ(Ask(*db_, "SELECT * FROM t"), "1");
  Ask(*db_, "ALTER TABLE t ADD COLUMN b DEFAULT 2");
  EXPECT_EQ(Ask(*db_, "SELECT * FROM t"), "1,2");
  ResultSet result;
  auto inline_run = db_->TryInline({"SELECT * FROM t", {}}, &result);
  ASSERT_TRUE(inline_run.has_value());
  EXPECT_EQ(Show(result), "1,2");
  Ask(*db_, "ALTER TABLE t RENAME COLUMN a TO c");
  inline_run = db_->TryInline({"SELECT * FROM t", {}}, &result);
  ASSERT_TRUE(inline_run.has_value());
  EXPECT_EQ(result.columns->names[0], "c");
}

}  // namespace
}  // namespace verge::d1
