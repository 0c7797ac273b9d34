#include "d1/dump.h"

#include <gtest/gtest.h>

#include "d1/sql_text.h"
#include "tests/d1/scratch.h"

namespace verge::d1 {
namespace {

class Dumps : public ServiceTest {
 protected:
  static std::string Text(Database& database, const DumpOptions& options = {}) {
    auto connection = sqlite::Database::Open(database.path(), {.mode = sqlite::OpenMode::kRead});
    if (!connection) return "! " + connection.error().message;
    std::string out;
    auto done = Dump(**connection, options, [&out](std::string_view text) {
      out += text;
      return true;
    });
    return done ? out : "! " + done.error().message;
  }
};

TEST_F(Dumps, WhatComesOutGoesInAgain) {
  for (const char* sql :
       {"CREATE TABLE c(id INTEGER PRIMARY KEY AUTOINCREMENT, p REFERENCES p(id), t TEXT, g AS (id + 1))",
        "CREATE TABLE p(id INTEGER PRIMARY KEY, \"a \"\"name\" BLOB) STRICT",
        "INSERT INTO p VALUES (1, X'00ff'), (2, NULL)",
        "INSERT INTO c (id, p, t) VALUES (5, 1, 'it''s' || char(10) || ';'), (9, 2, 'a' || char(0) || 'b')",
        "INSERT INTO c (t) VALUES (1e400), (0.1), (3.0)", "DELETE FROM c WHERE t = '3.0'", "CREATE INDEX i ON c(t)",
        "CREATE VIEW v AS SELECT t FROM c",
        "CREATE TRIGGER g AFTER INSERT ON c BEGIN UPDATE p SET \"a \"\"name\" = NULL; SELECT 1; END",
        "CREATE VIRTUAL TABLE f USING fts5(text)", "INSERT INTO f(rowid, text) VALUES (7, 'some words')",
        "CREATE VIRTUAL TABLE e USING fts5(t, content='c', content_rowid='id')",
        "CREATE VIRTUAL TABLE r USING rtree(id, a, b)", "INSERT INTO r VALUES (1, 2, 3)"}) {
    ASSERT_EQ(Ask(*db_, sql), "") << sql;
  }
  const std::string text = Text(*db_);
  EXPECT_TRUE(text.starts_with("PRAGMA defer_foreign_keys=TRUE;\n")) << text;
  std::vector<Query> queries;
  for (std::string_view each : SplitStatements(text)) queries.push_back({std::string(each), {}});
  auto copy = service_.Get("copy");
  EXPECT_EQ(Ask(*copy, std::move(queries)), "");
  EXPECT_EQ(Text(*copy), text);
  EXPECT_EQ(Ask(*copy, "SELECT id, hex(t), g FROM c ORDER BY id"),
            Ask(*db_, "SELECT id, hex(t), g FROM c ORDER BY id"));
  EXPECT_EQ(Ask(*copy, "SELECT rowid FROM f WHERE f MATCH 'words'"), "7");
  EXPECT_EQ(Ask(*copy, "SELECT hex(\"a \"\"name\") FROM p WHERE id = 1"), "00FF");
  EXPECT_EQ(Ask(*copy, "INSERT INTO c (t) VALUES ('x') RETURNING id"), "13");
}

TEST_F(Dumps, Parts) {
  Ask(*db_, "CREATE TABLE a(x)");
  Ask(*db_, "CREATE TABLE b(y)");
  Ask(*db_, "INSERT INTO a VALUES (1)");
  Ask(*db_, "INSERT INTO b VALUES (2)");
  const std::string head = "PRAGMA defer_foreign_keys=TRUE;\n";
  EXPECT_EQ(Text(*db_, {.data = false, .tables = {}}), head + "CREATE TABLE a(x);\nCREATE TABLE b(y);\n");
  EXPECT_EQ(Text(*db_, {.schema = false, .tables = {}}),
            head + "INSERT INTO \"a\" (\"x\") VALUES (1);\nINSERT INTO \"b\" (\"y\") VALUES (2);\n");
  EXPECT_EQ(Text(*db_, {.tables = {"b"}}), head + "CREATE TABLE b(y);\nINSERT INTO \"b\" (\"y\") VALUES (2);\n");
  EXPECT_EQ(Text(*db_, {.tables = {"nope"}}), "! there is no table nope");
}

}  // namespace
}  // namespace verge::d1
