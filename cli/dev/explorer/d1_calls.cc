// Tables and queries: what the page shows and changes of D1 databases. Rules and limits are those of the worker's own
// queries.
#include <cmath>
#include <format>
#include <memory>
#include <string>
#include <utility>

#include "cli/dev/explorer/calls.h"
#include "cli/dev/explorer/json_text.h"
#include "d1/operation.h"
#include "d1/rows.h"
#include "d1/sql_text.h"

namespace verge::cli {
namespace {

// More rows of one result, and longer cells, are not shown.
constexpr size_t kMaxRows = 1000;
constexpr size_t kMaxCellBytes = 64 * 1024;

// The largest integer that a number of JavaScript holds exactly.
constexpr int64_t kMaxSafeInteger = (int64_t{1} << 53) - 1;

std::shared_ptr<d1::Database> DatabaseOf(Call* call, const config::Value& parameters) {
  const auto worker = FindWorker(call, parameters);
  if (!worker) return nullptr;
  const auto* binding = FindBinding(*worker, worker->d1, call, parameters);
  return binding ? call->subject().d1.Get(binding->id, binding->space) : nullptr;
}

std::string CellJson(const d1::Cell& cell) {
  switch (cell.type) {
    case d1::CellType::kNull:
      return "null";
    case d1::CellType::kSmallInteger:
    case d1::CellType::kInteger:
      if (cell.integer > kMaxSafeInteger || cell.integer < -kMaxSafeInteger) {
        return std::format("{{\"integer\":\"{}\"}}", cell.integer);
      }
      return std::to_string(cell.integer);
    case d1::CellType::kReal:
      if (!std::isfinite(cell.real))
        return cell.real > 0 ? "{\"integer\":\"Infinity\"}" : "{\"integer\":\"-Infinity\"}";
      return std::format("{}", cell.real);
    case d1::CellType::kAscii:
    case d1::CellType::kUtf8:
      return JsonText(cell.bytes.substr(0, kMaxCellBytes));
    case d1::CellType::kBlob:
      break;
  }
  return std::format("{{\"size\":{}{}}}", cell.bytes.size(), JsonBytesMember(cell.bytes.substr(0, kMaxCellBytes)));
}

std::string ResultJson(const d1::ResultSet& result) {
  std::string out = "{\"columns\":[";
  std::string_view separator;
  const size_t columns = result.columns ? result.columns->names.size() : 0;
  for (size_t i = 0; i < columns; ++i) {
    out += std::exchange(separator, ",");
    out += JsonText(result.columns->names[i]);
  }
  out += "],\"rows\":[";
  d1::RowReader reader(result.rows);
  const size_t rows = std::min(result.rows.rows(), kMaxRows);
  for (size_t row = 0; row < rows; ++row) {
    out += row == 0 ? "[" : ",[";
    for (size_t i = 0; i < columns; ++i) {
      if (i > 0) out += ',';
      out += CellJson(reader.Next());
    }
    out += ']';
  }
  out += std::format(
      "],\"more\":{},\"meta\":{{\"durationMs\":{:.3f},\"changes\":{},\"rowsRead\":{},\"rowsWritten\":{},\"size\":{}}}}"
      "}",
      result.rows.rows() - rows, result.meta.duration_ms, result.meta.changes, result.meta.rows_read,
      result.meta.rows_written, result.meta.size_after);
  return out;
}

class ExplorerQuery final : public d1::Operation {
 public:
  using Render = std::string (*)(const std::vector<d1::ResultSet>& results);
  ExplorerQuery(Call* call, Render render) : call_(call), render_(render) {}

  void OnDone() override {
    if (failure) {
      call_->Fail(422, failure->text);
    } else {
      call_->Answer(render_(results));
    }
  }

 private:
  Call* const call_;
  const Render render_;
};

std::string ResultsJson(const std::vector<d1::ResultSet>& results) {
  std::string out = "{\"results\":[";
  std::string_view separator;
  for (const d1::ResultSet& result : results) {
    out += std::exchange(separator, ",");
    out += ResultJson(result);
  }
  return out + "]}";
}

std::string TablesJson(const std::vector<d1::ResultSet>& results) {
  std::string out = "{\"tables\":[";
  d1::RowReader reader(results[0].rows);
  for (size_t row = 0; row < results[0].rows.rows(); ++row) {
    if (row > 0) out += ',';
    // One after the other: the reader goes from cell to cell.
    out += "{\"name\":" + CellJson(reader.Next());
    out += ",\"type\":" + CellJson(reader.Next());
    out += ",\"sql\":" + CellJson(reader.Next()) + "}";
  }
  return out + "]}";
}

constexpr std::string_view kTables =
    "SELECT name, type, sql FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite|_%' ESCAPE "
    "'|' "
    "AND name NOT LIKE '|_cf|_%' ESCAPE '|' ORDER BY name";

}  // namespace

void ListTables(Call* call, const config::Value& parameters) {
  auto database = DatabaseOf(call, parameters);
  if (!database) return;
  auto query = std::make_shared<ExplorerQuery>(call, &TablesJson);
  query->queries.push_back({std::string(kTables), {}});
  database->Start(std::move(query));
}

void RunQuery(Call* call, const config::Value& parameters) {
  auto database = DatabaseOf(call, parameters);
  if (!database) return;
  const std::string* sql = TextParameter(parameters, "sql");
  if (!sql) return call->Fail(400, "\"sql\" is missing");
  auto query = std::make_shared<ExplorerQuery>(call, &ResultsJson);
  for (std::string_view statement : d1::SplitStatements(*sql)) query->queries.push_back({std::string(statement), {}});
  if (query->queries.empty()) return call->Fail(422, "there is no statement");
  database->Start(std::move(query));
}

}  // namespace verge::cli
