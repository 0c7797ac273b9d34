#include "d1/migrations.h"

#include <algorithm>
#include <charconv>
#include <format>

#include "d1/sql_text.h"

namespace verge::d1 {

int64_t MigrationNumber(std::string_view name) {
  int64_t number = 0;
  const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && rest != name.data() && number >= 0 ? number : -1;
}

bool IsMigration(std::string_view name) { return name.ends_with(".sql") && !name.starts_with('.'); }

void SortMigrations(std::vector<std::string>* names) {
  std::ranges::sort(*names, [](const std::string& a, const std::string& b) {
    const int64_t left = MigrationNumber(a);
    const int64_t right = MigrationNumber(b);
    return left != right ? left < right : a < b;
  });
}

std::vector<std::string> PendingMigrations(std::vector<std::string> names, std::span<const std::string> applied) {
  std::erase_if(names, [&](const std::string& name) { return std::ranges::find(applied, name) != applied.end(); });
  SortMigrations(&names);
  return names;
}

std::string NewMigrationName(std::span<const std::string> names, std::string_view message) {
  int64_t last = 0;
  for (const std::string& name : names) last = std::max(last, MigrationNumber(name));
  std::string words;
  for (char c : message) {
    // What is harmless in a file's name on any system.
    const bool fit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '.' || static_cast<unsigned char>(c) >= 0x80;
    words += fit ? c : '_';
  }
  return std::format("{:04}_{}.sql", last + 1, words);
}

std::string CreateMigrationsTable(std::string_view table) {
  return std::format(
      "CREATE TABLE IF NOT EXISTS {}(\n  id         INTEGER PRIMARY KEY AUTOINCREMENT,\n  name       TEXT UNIQUE,\n"
      "  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n)",
      QuoteName(table));
}

std::string ListApplied(std::string_view table) {
  return std::format("SELECT name FROM {} ORDER BY id", QuoteName(table));
}

std::string RecordMigration(std::string_view table, std::string_view name) {
  return std::format("INSERT INTO {} (name) VALUES ({})", QuoteName(table), QuoteText(name));
}

}  // namespace verge::d1
