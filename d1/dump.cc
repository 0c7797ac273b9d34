#include "d1/dump.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <utility>

#include "d1/sql_text.h"
#include "sqlite/statement.h"

namespace verge::d1 {
namespace {

struct Table {
  std::string name;
  std::string type;  // "table", "virtual"
  std::string sql;
};

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out = "X'";
  out.reserve(bytes.size() * 2 + 3);
  for (char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out + '\'';
}

// A value as SQL. Text with a zero byte cannot be a literal.
void AppendLiteral(const sqlite::Statement& row, int column, std::string* out) {
  switch (row.Type(column)) {
    case SQLITE_INTEGER:
      *out += std::to_string(row.Int(column));
      break;
    case SQLITE_FLOAT: {
      const double value = row.Double(column);
      if (std::isinf(value)) {
        *out += value > 0 ? "1e999" : "-1e999";
        break;
      }
      std::string text = std::format("{}", value);
      // Still a real number when it is read again.
      if (text.find_first_of(".en") == std::string::npos) text += ".0";
      *out += text;
      break;
    }
    case SQLITE_TEXT: {
      const std::string_view text = row.Text(column);
      *out += text.find('\0') == std::string_view::npos ? QuoteText(text) : "CAST(" + Hex(text) + " AS TEXT)";
      break;
    }
    case SQLITE_BLOB:
      *out += Hex(row.Blob(column));
      break;
    default:
      *out += "NULL";
  }
}

bool ContainsWord(std::string_view sql, std::string_view lower) {
  const auto found = std::ranges::search(
      sql, lower, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
  return !found.empty();
}

class Dumper {
 public:
  Dumper(sqlite::Database& database, const DumpOptions& options, const DumpSink& sink)
      : database_(database), options_(options), sink_(sink) {}

  sqlite::Result<> Run() {
    auto transaction = sqlite::Transaction::BeginRead(database_);
    if (!transaction) return std::unexpected(std::move(transaction).error());
    auto done = Tables();
    if (done && options_.schema) done = Others();
    return done;
  }

 private:
  sqlite::Result<> Write(std::string_view text) {
    if (!sink_(text)) return sqlite::Fail(sqlite::kSystem, "cannot write");
    return {};
  }

  [[nodiscard]] bool Wanted(const std::string& name) const {
    return options_.tables.empty() || std::ranges::find(options_.tables, name) != options_.tables.end();
  }

  sqlite::Result<> Tables() {
    auto list = database_.PrepareUncached(
        "SELECT l.name, l.type, m.sql FROM pragma_table_list AS l JOIN sqlite_schema AS m ON m.name = l.name "
        "AND m.type = 'table' WHERE l.schema = 'main' AND l.type IN ('table', 'virtual') ORDER BY m.rowid");
    if (!list) return std::unexpected(std::move(list).error());
    std::vector<Table> tables;
    bool sequence = false;
    for (;;) {
      auto row = list->Step();
      if (!row) return std::unexpected(std::move(row).error());
      if (!*row) break;
      Table table{std::string(list->Text(0)), std::string(list->Text(1)), std::string(list->Text(2))};
      if (table.name == "sqlite_sequence") sequence = true;
      if (table.name.starts_with("sqlite_") || table.name.starts_with("_cf_")) continue;
      if (Wanted(table.name)) tables.push_back(std::move(table));
    }
    for (const std::string& name : options_.tables) {
      if (std::ranges::none_of(tables, [&](const Table& table) { return table.name == name; })) {
        return sqlite::Fail(sqlite::kMissing, "there is no table " + name);
      }
    }
    // Tables may refer to those behind them.
    if (auto done = Write("PRAGMA defer_foreign_keys=TRUE;\n"); !done) return done;
    // All tables before their rows: a row cannot refer to a table that is not there.
    for (const Table& table : tables) {
      if (!options_.schema) break;
      if (auto done = Write(table.sql + ";\n"); !done) return done;
    }
    for (const Table& table : tables) {
      if (!options_.data) break;
      if (auto done = Content(table); !done) return done;
    }
    // Where AUTOINCREMENT goes on.
    if (!options_.data || !sequence) return {};
    auto rows = database_.PrepareUncached("SELECT name, seq FROM sqlite_sequence ORDER BY rowid");
    if (!rows) return std::unexpected(std::move(rows).error());
    for (;;) {
      auto row = rows->Step();
      if (!row) return std::unexpected(std::move(row).error());
      if (!*row) return {};
      const std::string name(rows->Text(0));
      if (name.starts_with("_cf_") || !Wanted(name)) continue;
      auto done =
          Write(std::format("DELETE FROM sqlite_sequence WHERE name = {0};\nINSERT INTO sqlite_sequence (name, seq) "
                            "VALUES ({0}, {1});\n",
                            QuoteText(name), rows->Int(1)));
      if (!done) return done;
    }
  }

  sqlite::Result<> Content(const Table& table) {
    const bool fts = table.type == "virtual" && ContainsWord(table.sql, "using fts5");
    if (table.type == "virtual" && ContainsWord(table.sql, "using fts5vocab")) return {};
    if (fts && ContainsWord(table.sql, "content=")) {
      // It has no text of its own.
      return Write(std::format("INSERT INTO {0} ({0}) VALUES ('rebuild');\n", QuoteName(table.name)));
    }
    return Rows(table, fts);
  }

  sqlite::Result<> Rows(const Table& table, bool with_rowid) {
    // Hidden and generated columns cannot be inserted into.
    auto info = database_.PrepareUncached("SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0 ORDER BY cid");
    if (!info) return std::unexpected(std::move(info).error());
    info->Bind(1, std::string_view(table.name));
    std::string names = with_rowid ? "rowid" : "";
    for (;;) {
      auto row = info->Step();
      if (!row) return std::unexpected(std::move(row).error());
      if (!*row) break;
      if (!names.empty()) names += ',';
      names += QuoteName(info->Text(0));
    }
    auto rows = database_.PrepareUncached(std::format("SELECT {} FROM {}", names, QuoteName(table.name)));
    if (!rows) return std::unexpected(std::move(rows).error());
    const std::string head = std::format("INSERT INTO {} ({}) VALUES (", QuoteName(table.name), names);
    std::string line;
    for (;;) {
      auto row = rows->Step();
      if (!row) return std::unexpected(std::move(row).error());
      if (!*row) return {};
      line = head;
      for (int i = 0; i < rows->columns(); ++i) {
        if (i > 0) line += ',';
        AppendLiteral(*rows, i, &line);
      }
      line += ");\n";
      if (auto done = Write(line); !done) return done;
    }
  }

  // Indexes, views and triggers, behind the data that triggers would otherwise change.
  sqlite::Result<> Others() {
    auto list = database_.PrepareUncached(
        "SELECT name, tbl_name, sql FROM sqlite_schema WHERE type IN ('index', 'view', 'trigger') AND sql IS NOT NULL "
        "ORDER BY CASE type WHEN 'index' THEN 0 WHEN 'view' THEN 1 ELSE 2 END, rowid");
    if (!list) return std::unexpected(std::move(list).error());
    for (;;) {
      auto row = list->Step();
      if (!row) return std::unexpected(std::move(row).error());
      if (!*row) return {};
      const std::string name(list->Text(0));
      if (name.starts_with("sqlite_") || name.starts_with("_cf_") || !Wanted(std::string(list->Text(1)))) continue;
      if (auto done = Write(std::string(list->Text(2)) + ";\n"); !done) return done;
    }
  }

  sqlite::Database& database_;
  const DumpOptions& options_;
  const DumpSink& sink_;
};

}  // namespace

sqlite::Result<> Dump(sqlite::Database& database, const DumpOptions& options, const DumpSink& sink) {
  return Dumper(database, options, sink).Run();
}

}  // namespace verge::d1
