#include "cli/cache/cache_command.h"

#include <cstdio>
#include <expected>
#include <format>
#include <string>
#include <string_view>
#include <vector>

#include "cli/admin/admin_client.h"
#include "cli/admin/admin_socket.h"
#include "cli/cache/cache_arguments.h"
#include "cli/options/options.h"
#include "cli/table.h"
#include "config/fleet.h"
#include "config/problem.h"
#include "config/project.h"
#include "config/value.h"
#include "sqlite/state_directory.h"

namespace verge::cli {
namespace {

using config::JsonString;
using config::Printable;
using config::Value;
using Kind = Value::Kind;

constexpr int kFailed = 1;

int Fail(std::string_view message, int code = kFailed) {
  std::fflush(stdout);
  std::fprintf(stderr, "verge: %.*s\n", static_cast<int>(message.size()), message.data());
  return code;
}

// The state folder of the server that is meant. The errors are lines to print.
std::expected<std::string, std::vector<std::string>> StateFolder(const CacheArguments& arguments) {
  if (!arguments.data.empty()) return arguments.data;
  config::WorkerConfig worker;
  if (std::string fleet = config::FindFleet(arguments.config); !fleet.empty()) {
    worker.source = std::move(fleet);
    return config::DefaultStateFolder(worker);
  }
  auto loaded = config::Load({.path = arguments.config, .env = arguments.env, .development = false, .vars = {}});
  if (loaded) return config::DefaultStateFolder(loaded->worker);
  // Without a worker around there may still be a data folder.
  if (arguments.config.empty() && arguments.env.empty()) return config::DefaultStateFolder(worker);
  std::vector<std::string> lines;
  for (const config::Problem& problem : loaded.error()) lines.push_back(problem.ToString());
  return std::unexpected(std::move(lines));
}

std::string JsonList(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + JsonString(text);
  return out + "]";
}

std::string PurgeBody(const CacheArguments& arguments) {
  std::string out = std::format(R"({{"everything": {}, "soft": {}, "tags": {}, "prefixes": {})", arguments.everything,
                                arguments.soft, JsonList(arguments.tags), JsonList(arguments.prefixes));
  if (!arguments.workers.empty()) out += ", \"workers\": " + JsonList(arguments.workers);
  return out + "}";
}

std::string ErrorOf(const AdminAnswer& answer) {
  const Value* error = answer.json.Find("error");
  return error && error->Is(Kind::kString) ? Printable(error->text) : std::format("status {}", answer.status);
}

void PrintPurged(const AdminAnswer& answer, bool soft) {
  const Value* workers = answer.json.Find("workers");
  std::string names;
  if (workers) {
    for (const Value& worker : workers->items) names += (names.empty() ? "" : ", ") + Printable(worker.text);
  }
  if (names.empty()) {
    std::printf("Nothing is cached so far.\n");
  } else {
    std::printf("%s: %s\n", soft ? "Made stale" : "Purged", names.c_str());
  }
}

int Purge(const std::vector<std::string>& sockets, const CacheArguments& arguments) {
  const std::string body = PurgeBody(arguments);
  std::string refusal;
  size_t done = 0;
  for (const std::string& socket : sockets) {
    auto answer = AskAdmin(socket, "POST", "/cache/purge", body);
    if (!answer) return Fail(answer.error());
    if (answer->status == 404) {
      // Of several servers on the same data, perhaps another one has this worker.
      refusal = ErrorOf(*answer);
      continue;
    }
    if (answer->status != 200) return Fail(ErrorOf(*answer));
    ++done;
    if (arguments.json) {
      std::printf("%s\n", answer->json.ToJson().value_or("{}").c_str());
    } else {
      PrintPurged(*answer, arguments.soft);
    }
  }
  return done > 0 ? 0 : Fail(refusal);
}

void PrintStats(const AdminAnswer& answer) {
  const std::string columns[] = {"", "since the start, or now"};
  std::vector<std::vector<std::string>> rows;
  std::vector<std::vector<std::string>> workers;
  for (const config::Member& member : answer.json.members) {
    if (member.value.Is(Kind::kNumber)) rows.push_back({member.name, member.value.text});
    if (member.name != "workers") continue;
    for (const Value& worker : member.value.items) {
      std::vector<std::string>& row = workers.emplace_back();
      for (const config::Member& cell : worker.members) row.push_back(cell.value.text);
      row.resize(3);
    }
  }
  std::fputs(FormatTable(columns, rows).c_str(), stdout);
  const std::string of_worker[] = {"worker", "memory_bytes", "disk_bytes"};
  if (!workers.empty()) std::fputs(FormatTable(of_worker, workers).c_str(), stdout);
}

int Stats(const std::vector<std::string>& sockets, const CacheArguments& arguments) {
  for (const std::string& socket : sockets) {
    auto answer = AskAdmin(socket, "GET", "/cache/stats");
    if (!answer) return Fail(answer.error());
    if (answer->status != 200) return Fail(ErrorOf(*answer));
    if (arguments.json) {
      std::printf("%s\n", answer->json.ToJson().value_or("{}").c_str());
    } else {
      PrintStats(*answer);
    }
  }
  return 0;
}

}  // namespace

int CacheCommand(std::span<const char* const> args) {
  auto arguments = ParseCacheArguments(args);
  if (!arguments) {
    std::fprintf(stderr, "%s\n", arguments.error().c_str());
    return kUsageExitCode;
  }
  if (arguments->action == CacheAction::kHelp) {
    std::fputs(CacheHelp(arguments->help_about).c_str(), stdout);
    return 0;
  }
  auto folder = StateFolder(*arguments);
  if (!folder) {
    for (const std::string& line : folder.error()) Fail(line);
    return kUsageExitCode;
  }
  const sqlite::StateDirectory directory(*folder);
  const std::vector<std::string> sockets = LiveSockets(directory);
  if (sockets.empty()) {
    return Fail(std::format("no verge runs with its data in {}; name the folder of the one that you mean with --data",
                            Printable(directory.root())));
  }
  return arguments->action == CacheAction::kPurge ? Purge(sockets, *arguments) : Stats(sockets, *arguments);
}

}  // namespace verge::cli
