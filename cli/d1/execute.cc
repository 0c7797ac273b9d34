// `verge d1 execute` and `verge d1 info`.
#include <sys/stat.h>

#include <cmath>
#include <cstdio>
#include <format>
#include <string>
#include <utility>
#include <vector>

#include "cli/d1/commands.h"
#include "cli/options/options.h"
#include "cli/table.h"
#include "config/value.h"
#include "d1/rows.h"
#include "d1/sql_text.h"

namespace verge::cli {
namespace {

std::string NumberText(double value) {
  if (value == std::floor(value) && std::fabs(value) < 1e15) return std::format("{:.1f}", value);
  return std::format("{}", value);
}

std::string CellText(const d1::Cell& cell) {
  switch (cell.type) {
    case d1::CellType::kNull:
      return "null";
    case d1::CellType::kSmallInteger:
    case d1::CellType::kInteger:
      return std::to_string(cell.integer);
    case d1::CellType::kReal:
      return NumberText(cell.real);
    case d1::CellType::kAscii:
    case d1::CellType::kUtf8:
      return std::string(cell.bytes);
    case d1::CellType::kBlob:
      return std::format("<{} bytes>", cell.bytes.size());
  }
  return "";
}

std::string CellJson(const d1::Cell& cell) {
  switch (cell.type) {
    case d1::CellType::kNull:
      return "null";
    case d1::CellType::kReal:
      return std::isfinite(cell.real) ? std::format("{}", cell.real) : "null";
    case d1::CellType::kAscii:
    case d1::CellType::kUtf8:
      return config::JsonString(cell.bytes);
    case d1::CellType::kBlob: {
      std::string out = "[";
      for (char c : cell.bytes) out += (out.size() > 1 ? "," : "") + std::to_string(static_cast<unsigned char>(c));
      return out + "]";
    }
    default:
      return std::to_string(cell.integer);
  }
}

void PrintJson(const std::vector<d1::ResultSet>& results) {
  std::string out = "[";
  for (const d1::ResultSet& result : results) {
    out += out.size() > 1 ? ",\n  {\n" : "\n  {\n";
    out += "    \"results\": [";
    d1::RowReader reader(result.rows);
    const d1::Columns& columns = *result.columns;
    for (size_t row = 0; row < result.rows.rows(); ++row) {
      std::vector<d1::Cell> cells;
      for (size_t i = 0; i < columns.names.size(); ++i) cells.push_back(reader.Next());
      out += row > 0 ? ",\n      {" : "\n      {";
      bool first = true;
      for (int column : columns.object_columns) {
        const auto i = static_cast<size_t>(column);
        out += std::format("{}{}: {}", first ? " " : ", ", config::JsonString(columns.names[i]), CellJson(cells[i]));
        first = false;
      }
      out += " }";
    }
    out += result.rows.rows() > 0 ? "\n    ],\n" : "],\n";
    const d1::Meta& meta = result.meta;
    out += std::format(
        "    \"success\": true,\n    \"meta\": {{ \"duration\": {:.2f}, \"changes\": {}, \"last_row_id\": {}, "
        "\"changed_db\": {}, \"size_after\": {}, \"rows_read\": {}, \"rows_written\": {} }}\n  }}",
        meta.duration_ms, meta.changes, meta.last_row_id, meta.changed_db, meta.size_after, meta.rows_read,
        meta.rows_written);
  }
  out += out.size() > 1 ? "\n]\n" : "]\n";
  std::fputs(out.c_str(), stdout);
}

void PrintTables(const std::vector<d1::ResultSet>& results) {
  double duration = 0;
  int64_t changes = 0;
  for (const d1::ResultSet& result : results) {
    duration += result.meta.duration_ms;
    changes += result.meta.changes;
    if (result.columns->names.empty()) continue;
    d1::RowReader reader(result.rows);
    std::vector<std::vector<std::string>> rows(result.rows.rows());
    for (std::vector<std::string>& row : rows) {
      for (size_t i = 0; i < result.columns->names.size(); ++i) row.push_back(CellText(reader.Next()));
    }
    std::fputs(FormatTable(result.columns->names, rows).c_str(), stdout);
  }
  std::printf("%zu statement%s in %.2f ms", results.size(), results.size() == 1 ? "" : "s", duration);
  if (changes > 0) std::printf(", %lld row%s changed", static_cast<long long>(changes), changes == 1 ? "" : "s");
  std::puts("");
}

// Dumps of other programs are a transaction of their own; everything here is one anyway.
bool IsTransaction(std::string_view statement) {
  const std::string word = d1::FirstWord(statement);
  return word == "BEGIN" || word == "COMMIT" || word == "END";
}

}  // namespace

int D1Execute(D1Client& client, const D1Arguments& arguments) {
  std::string sql = arguments.command;
  if (!arguments.file.empty()) {
    auto text = ReadWholeFile(arguments.file);
    if (!text) return D1Fail(text.error(), kUsageExitCode);
    sql = *std::move(text);
  }
  std::vector<d1::Query> queries;
  for (std::string_view statement : d1::SplitStatements(sql)) {
    if (!arguments.file.empty() && IsTransaction(statement)) continue;
    queries.push_back({std::string(statement), {}});
  }
  if (queries.empty()) return D1Fail("there are no statements in it", kUsageExitCode);
  std::vector<std::string> texts;
  for (const d1::Query& query : queries) texts.push_back(query.sql);
  auto results = client.Run(std::move(queries));
  if (!results) {
    const d1::Failure& failure = results.error();
    if (arguments.json) {
      std::printf("{\n  \"error\": { \"text\": %s }\n}\n", config::JsonString(failure.text).c_str());
      return kRefusedExitCode;
    }
    std::string_view text = texts[std::min(failure.query, texts.size() - 1)];
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    const std::string line(text.substr(0, std::min(text.find('\n'), size_t{200})));
    return D1Fail(std::format("{}\n  in statement {} of {}: {}\nNothing was changed.", failure.text, failure.query + 1,
                              texts.size(), line),
                  kRefusedExitCode);
  }
  if (arguments.json) {
    PrintJson(*results);
  } else {
    PrintTables(*results);
  }
  return 0;
}

int D1Info(D1Client& client, const D1Arguments& arguments) {
  struct stat status{};
  if (::stat(client.path().c_str(), &status) != 0) {
    return D1Fail(client.path() + ": there is no such database yet; the first statement makes it", kUsageExitCode);
  }
  struct stat log{};
  const bool has_log = ::stat((client.path() + "-wal").c_str(), &log) == 0;
  auto results =
      client.Run({{"SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", {}},
                  {"SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual') AND "
                   "name NOT LIKE 'sqlite_%' ORDER BY name",
                   {}}});
  if (!results) return D1Fail(client.path() + ": " + results.error().text, kRefusedExitCode);
  const int64_t size = (*results)[0].meta.size_after;
  std::vector<std::string> tables;
  d1::RowReader reader((*results)[1].rows);
  for (size_t i = 0; i < (*results)[1].rows.rows(); ++i) tables.push_back(CellText(reader.Next()));
  const config::D1Database& config = client.config();
  if (arguments.json) {
    std::string list;
    for (const std::string& table : tables) list += (list.empty() ? "" : ", ") + config::JsonString(table);
    std::printf(
        "{\n  \"binding\": %s,\n  \"name\": %s,\n  \"id\": %s,\n  \"file\": %s,\n  \"database_size\": %lld,\n"
        "  \"num_tables\": %zu,\n  \"tables\": [%s]\n}\n",
        config::JsonString(config.binding).c_str(), config::JsonString(config.name).c_str(),
        config::JsonString(config.id).c_str(), config::JsonString(client.path()).c_str(), static_cast<long long>(size),
        tables.size(), list.c_str());
    return 0;
  }
  std::vector<std::vector<std::string>> rows = {
      {"binding", config.binding},
      {"name", config.name.empty() ? config.id : config.name},
      {"file", client.path()},
      {"size", std::format("{} bytes", size)},
      {"log", has_log ? std::format("{} bytes", log.st_size) : "none"},
      {"tables", std::to_string(tables.size())},
  };
  const std::string head[] = {"", config.name.empty() ? config.id : config.name};
  std::fputs(FormatTable(head, rows).c_str(), stdout);
  return 0;
}

}  // namespace verge::cli
