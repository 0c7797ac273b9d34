// The names of migrations: files NNNN_what_it_does.sql in a folder, applied once each in the order of their numbers.
#ifndef D1_MIGRATIONS_H_
#define D1_MIGRATIONS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace verge::d1 {

inline constexpr std::string_view kMigrationsTable = "d1_migrations";
inline constexpr std::string_view kMigrationsFolder = "migrations";

// The number that a name begins with; -1 when there is none.
int64_t MigrationNumber(std::string_view name);

// Whether a file in the folder is a migration.
bool IsMigration(std::string_view name);

// In the order in which they are applied.
void SortMigrations(std::vector<std::string>* names);

// Of `names`, sorted, those that are not among `applied`.
std::vector<std::string> PendingMigrations(std::vector<std::string> names, std::span<const std::string> applied);

// The name of a new one behind all of `names`: "0003_add_users.sql".
std::string NewMigrationName(std::span<const std::string> names, std::string_view message);

// SQL, with the table's name as it is in the configuration.
std::string CreateMigrationsTable(std::string_view table);
std::string ListApplied(std::string_view table);
std::string RecordMigration(std::string_view table, std::string_view name);

}  // namespace verge::d1

#endif  // D1_MIGRATIONS_H_
