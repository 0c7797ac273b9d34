#include "d1/authorizer.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "tests/d1/scratch.h"

namespace verge::d1 {
namespace {

bool Allowed(int code, const char* a, const char* b = nullptr, const char* database = "main") {
  uint8_t effects = 0;
  return IsAllowed({code, a, b, database, nullptr}, &effects);
}

TEST(Authorizer, TablesOfItsOwn) {
  EXPECT_TRUE(Allowed(SQLITE_READ, "users", "id"));
  EXPECT_TRUE(Allowed(SQLITE_READ, "sqlite_master", "sql"));
  EXPECT_TRUE(Allowed(SQLITE_INSERT, "users"));
  EXPECT_FALSE(Allowed(SQLITE_READ, "_cf_KV", "key"));
  EXPECT_FALSE(Allowed(SQLITE_CREATE_TABLE, "_CF_mine"));
  EXPECT_FALSE(Allowed(SQLITE_CREATE_INDEX, "i", "_cf_x"));
  EXPECT_FALSE(Allowed(SQLITE_READ, "sqlite_dbpage", "data"));
  EXPECT_FALSE(Allowed(SQLITE_READ, "DBSTAT", "name"));
  EXPECT_FALSE(Allowed(SQLITE_READ, "sqlite_stmt", "sql"));
  EXPECT_FALSE(Allowed(SQLITE_READ, nullptr, nullptr));
  EXPECT_FALSE(Allowed(SQLITE_READ, "x", "y", "other"));
}

TEST(Authorizer, Actions) {
  EXPECT_TRUE(Allowed(SQLITE_SELECT, nullptr));
  EXPECT_TRUE(Allowed(SQLITE_RECURSIVE, nullptr));
  EXPECT_TRUE(Allowed(SQLITE_ALTER_TABLE, "main", "users", nullptr));
  EXPECT_FALSE(Allowed(SQLITE_ALTER_TABLE, "main", "_cf_x", nullptr));
  EXPECT_FALSE(Allowed(SQLITE_ATTACH, "x"));
  EXPECT_FALSE(Allowed(SQLITE_DETACH, "x"));
  EXPECT_FALSE(Allowed(SQLITE_TRANSACTION, "BEGIN"));
  EXPECT_FALSE(Allowed(SQLITE_SAVEPOINT, "BEGIN", "a"));
  EXPECT_FALSE(Allowed(SQLITE_CREATE_TEMP_TABLE, "x", nullptr, "temp"));
  EXPECT_FALSE(Allowed(SQLITE_CREATE_TEMP_TRIGGER, "x", "y", "temp"));
  EXPECT_TRUE(Allowed(SQLITE_CREATE_VTABLE, "search", "fts5"));
  EXPECT_TRUE(Allowed(SQLITE_CREATE_VTABLE, "place", "RTree"));
  EXPECT_FALSE(Allowed(SQLITE_CREATE_VTABLE, "x", "fts3"));
  EXPECT_FALSE(Allowed(SQLITE_CREATE_VTABLE, "x", "dbstat"));
  EXPECT_FALSE(Allowed(1234, "x"));
}

TEST(Authorizer, Functions) {
  EXPECT_TRUE(Allowed(SQLITE_FUNCTION, nullptr, "count", nullptr));
  EXPECT_TRUE(Allowed(SQLITE_FUNCTION, nullptr, "json_extract", nullptr));
  for (const char* name : {"load_extension", "sqlite_version", "sqlite_source_id", "sqlite_compileoption_get",
                           "fts3_tokenizer", "sqlite_offset", "rtreenode", "fts5", "percentile", "edit", "writefile"}) {
    EXPECT_FALSE(Allowed(SQLITE_FUNCTION, nullptr, name, nullptr)) << name;
  }
  uint8_t effects = 0;
  EXPECT_TRUE(IsAllowed({SQLITE_FUNCTION, nullptr, "like", nullptr, nullptr}, &effects));
  EXPECT_EQ(effects, kHeavy);
  effects = 0;
  EXPECT_TRUE(IsAllowed({SQLITE_FUNCTION, nullptr, "max", nullptr, nullptr}, &effects));
  EXPECT_EQ(effects, 0);
}

TEST(Authorizer, Pragmas) {
  EXPECT_TRUE(Allowed(SQLITE_PRAGMA, "table_info", "users"));
  EXPECT_TRUE(Allowed(SQLITE_PRAGMA, "TABLE_LIST"));
  EXPECT_TRUE(Allowed(SQLITE_PRAGMA, "foreign_keys"));
  EXPECT_TRUE(Allowed(SQLITE_PRAGMA, "defer_foreign_keys", "on"));
  EXPECT_TRUE(Allowed(SQLITE_PRAGMA, "defer_foreign_keys", "'TRUE'"));
  EXPECT_TRUE(Allowed(SQLITE_PRAGMA, "optimize"));
  EXPECT_TRUE(Allowed(SQLITE_PRAGMA, "quick_check", "10"));
  EXPECT_TRUE(Allowed(SQLITE_PRAGMA, "page_size"));
  EXPECT_FALSE(Allowed(SQLITE_PRAGMA, "page_size", "512"));
  EXPECT_FALSE(Allowed(SQLITE_PRAGMA, "table_info", "_cf_KV"));
  EXPECT_FALSE(Allowed(SQLITE_PRAGMA, "table_info"));
  EXPECT_FALSE(Allowed(SQLITE_PRAGMA, "defer_foreign_keys", "perhaps"));
  for (const char* name :
       {"journal_mode", "writable_schema", "synchronous", "user_version", "application_id", "query_only", "cache_size",
        "temp_store_directory", "mmap_size", "wal_checkpoint", "integrity_check", "compile_options", "function_list",
        "database_list", "trusted_schema", "hard_heap_limit"}) {
    EXPECT_FALSE(Allowed(SQLITE_PRAGMA, name)) << name;
    EXPECT_FALSE(Allowed(SQLITE_PRAGMA, name, "1")) << name;
  }
}

// What users see of it.
class Refusals : public ServiceTest {};

TEST_F(Refusals, Texts) {
  const std::string no = "! not authorized: SQLITE_AUTH";
  for (const char* sql :
       {"ATTACH '/tmp/x' AS y", "PRAGMA journal_mode", "PRAGMA writable_schema=1", "CREATE TEMP TABLE x(a)",
        "CREATE TABLE _cf_x(a)", "SELECT * FROM pragma_database_list", "CREATE VIRTUAL TABLE x USING dbstat",
        "CREATE TEMP VIEW x AS SELECT 1", "DETACH main", "PRAGMA user_version = 3"}) {
    EXPECT_EQ(Ask(*db_, sql), no) << sql;
  }
  EXPECT_EQ(Ask(*db_, "SELECT * FROM sqlite_dbpage"), "! access to sqlite_dbpage.pgno is prohibited: SQLITE_AUTH");
  EXPECT_EQ(Ask(*db_, "SELECT load_extension('x')"),
            "! not authorized to use function: load_extension at offset 7: SQLITE_ERROR");
  EXPECT_EQ(Ask(*db_, "SELECT sqlite_version()"),
            "! not authorized to use function: sqlite_version at offset 7: SQLITE_ERROR");
  for (const char* sql : {"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT a", "RELEASE a", "END", "BEGIN IMMEDIATE"}) {
    EXPECT_TRUE(Ask(*db_, sql).starts_with("! To execute a transaction, please use the D1 batch() API instead")) << sql;
  }
  // In defence of the file's structure, and of the connection.
  EXPECT_EQ(Ask(*db_, "INSERT INTO sqlite_master VALUES ('table', 'x', 'x', 0, 'x')"),
            "! table sqlite_master may not be modified: SQLITE_ERROR");
  EXPECT_TRUE(Ask(*db_, "VACUUM").starts_with("! ")) << Ask(*db_, "VACUUM");
  EXPECT_TRUE(Ask(*db_, "VACUUM INTO '/tmp/stolen.db'").starts_with("! "));
  // Still of use.
  EXPECT_EQ(Ask(*db_, "SELECT 1"), "1");
}

TEST_F(Refusals, ThroughViewsTriggersAndExpressions) {
  EXPECT_EQ(Ask(*db_, "CREATE TABLE t(a, b AS (a + 1))"), "");
  EXPECT_TRUE(Ask(*db_, "CREATE VIEW v AS SELECT sqlite_version()").empty());  // compiled when it is used
  EXPECT_TRUE(Ask(*db_, "SELECT * FROM v").starts_with("! "));
  EXPECT_TRUE(Ask(*db_, "WITH x AS (SELECT load_extension('y')) SELECT * FROM x").starts_with("! "));
  EXPECT_TRUE(Ask(*db_, "INSERT INTO t SELECT data FROM sqlite_dbpage").starts_with("! "));
}

TEST_F(Refusals, WhatD1Has) {
  EXPECT_EQ(Ask(*db_, "CREATE VIRTUAL TABLE f USING fts5(text)"), "");
  EXPECT_EQ(Ask(*db_, "INSERT INTO f VALUES ('the quick fox'), ('a slow dog')"), "");
  EXPECT_EQ(Ask(*db_, "SELECT highlight(f, 0, '[', ']') FROM f WHERE f MATCH 'fox' ORDER BY rank"), "the quick [fox]");
  EXPECT_EQ(Ask(*db_, "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1)"), "");
  EXPECT_EQ(Ask(*db_, "INSERT INTO r VALUES (1, 0, 2), (2, 5, 6)"), "");
  EXPECT_EQ(Ask(*db_, "SELECT id FROM r WHERE x0 >= 4"), "2");
  EXPECT_EQ(Ask(*db_, "SELECT '{\"a\":[1,2]}' ->> '$.a[1]', json_array_length('[1,2,3]')"), "2,3");
  EXPECT_EQ(Ask(*db_, "SELECT value FROM json_each('[4,5]')"), "4;5");
  EXPECT_EQ(Ask(*db_, "SELECT round(pow(2, 3)), pi() > 3"), "8.000000,1");
  EXPECT_EQ(Ask(*db_, "SELECT name FROM pragma_table_info('f')"), "text");
  EXPECT_EQ(Ask(*db_, "PRAGMA foreign_keys"), "1");
  EXPECT_EQ(Ask(*db_, "SELECT \"as text\""), "as text");
  EXPECT_EQ(Ask(*db_, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name LIMIT 1"), "f");
  EXPECT_EQ(Ask(*db_, "ALTER TABLE f RENAME TO g"), "");
  EXPECT_EQ(Ask(*db_, "PRAGMA optimize"), "");
  EXPECT_EQ(Ask(*db_, "ANALYZE"), "");
  // The tables behind a virtual one are its own.
  EXPECT_TRUE(Ask(*db_, "DELETE FROM g_data").starts_with("! "));
}

TEST_F(Refusals, SettingsLastForABatch) {
  EXPECT_EQ(Ask(*db_, {{"PRAGMA case_sensitive_like = on", {}}, {"SELECT 'a' LIKE 'A'", {}}}), "0");
  EXPECT_EQ(Ask(*db_, "SELECT 'a' LIKE 'A'"), "1");
  EXPECT_EQ(Ask(*db_, "CREATE TABLE c(a CHECK (a > 0))"), "");
  EXPECT_EQ(Ask(*db_, {{"PRAGMA ignore_check_constraints = 1", {}}, {"INSERT INTO c VALUES (-1)", {}}}), "");
  EXPECT_TRUE(Ask(*db_, "INSERT INTO c VALUES (-2)").starts_with("! CHECK constraint failed"));
  // Not within a transaction, and everything is in one.
  EXPECT_EQ(Ask(*db_, {{"PRAGMA foreign_keys = off", {}}, {"PRAGMA foreign_keys", {}}}), "1");
}

TEST_F(Refusals, DeferredForeignKeys) {
  EXPECT_EQ(Ask(*db_, "CREATE TABLE p(id INTEGER PRIMARY KEY)"), "");
  EXPECT_EQ(Ask(*db_, "CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p)"), "");
  const std::string failed =
      "! FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)";
  EXPECT_EQ(Ask(*db_, "INSERT INTO c VALUES (1, 7)"), failed);
  EXPECT_EQ(Ask(*db_, {{"PRAGMA defer_foreign_keys = on", {}},
                       {"INSERT INTO c VALUES (1, 7)", {}},
                       {"INSERT INTO p VALUES (7)", {}}}),
            "");
  EXPECT_EQ(Ask(*db_, {{"PRAGMA defer_foreign_keys = on", {}}, {"INSERT INTO c VALUES (2, 8)", {}}}), failed);
  EXPECT_EQ(Ask(*db_, "INSERT INTO c VALUES (3, 9)"), failed);
  EXPECT_EQ(Ask(*db_, "SELECT group_concat(id) FROM c"), "1");
}

}  // namespace
}  // namespace verge::d1
