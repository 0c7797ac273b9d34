#include "d1/migrations.h"

#include <gtest/gtest.h>

namespace verge::d1 {
namespace {

using Names = std::vector<std::string>;

TEST(Migrations, Names) {
  EXPECT_EQ(MigrationNumber("0012_users.sql"), 12);
  EXPECT_EQ(MigrationNumber("users.sql"), -1);
  EXPECT_EQ(MigrationNumber("-1_x.sql"), -1);
  EXPECT_TRUE(IsMigration("0001_a.sql"));
  EXPECT_FALSE(IsMigration("README.md"));
  EXPECT_FALSE(IsMigration(".0001.sql"));
  EXPECT_EQ(NewMigrationName({}, "add users"), "0001_add_users.sql");
  EXPECT_EQ(NewMigrationName(Names{"0001_a.sql", "0009_b.sql", "x.sql"}, "../c"), "0010_.._c.sql");
  EXPECT_EQ(NewMigrationName(Names{"9999_a.sql"}, "b"), "10000_b.sql");
}

TEST(Migrations, Order) {
  EXPECT_EQ(PendingMigrations({"10_c.sql", "0002_b.sql", "0001_a.sql", "0002_a.sql"}, Names{"0001_a.sql"}),
            (Names{"0002_a.sql", "0002_b.sql", "10_c.sql"}));
  EXPECT_EQ(PendingMigrations({}, Names{"gone.sql"}), Names{});
}

TEST(Migrations, Sql) {
  EXPECT_EQ(RecordMigration("d1_migrations", "0001_it's.sql"),
            "INSERT INTO \"d1_migrations\" (name) VALUES ('0001_it''s.sql')");
}

}  // namespace
}  // namespace verge::d1
