#include "config/project_keys.h"

#include <algorithm>
#include <array>
#include <format>

#include "config/cron.h"
#include "config/suggest.h"

namespace verge::config {
namespace {

using Kind = Value::Kind;

constexpr size_t kMaxPathRules = 100;
constexpr size_t kMaxPathRule = 100;
constexpr size_t kMaxCrons = 100;

constexpr std::array<std::string_view, 4> kHtmlHandling = {"auto-trailing-slash", "force-trailing-slash",
                                                           "drop-trailing-slash", "none"};
constexpr std::array<std::string_view, 3> kNotFoundHandling = {"none", "single-page-application", "404-page"};

bool IsText(const Value& value) {
  return value.Is(Kind::kString) && !value.text.empty() && value.text.find('\0') == std::string::npos;
}

std::string Listed(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "" : ", ") + Quoted(name);
  return out;
}

void OneOf(const Value& value, const std::string& path, const Reporting& reporting,
           std::span<const std::string_view> names, std::string* out) {
  if (!value.Is(Kind::kString) || std::ranges::find(names, value.text) == names.end()) {
    reporting.Error(value.at, std::format("{} must be one of {}; found {}{}", Quoted(path), Listed(names),
                                          value.Describe(), DidYouMean(value.text, names)));
    return;
  }
  *out = value.text;
}

// The patterns of run_worker_first. As wrangler has it: "/…" for the worker, "!/…" for the assets.
void CheckWorkerFirst(const Value& value, const std::string& path, const Reporting& reporting, AssetsConfig* assets) {
  if (value.Is(Kind::kBoolean)) {
    assets->run_worker_first = value.boolean;
    return;
  }
  if (!value.Is(Kind::kArray)) return reporting.WrongType(value, path, "true, false or an array of paths");
  if (value.items.size() > kMaxPathRules) {
    return reporting.Error(value.at, std::format("{} must have at most {} rules", Quoted(path), kMaxPathRules));
  }
  for (const Value& item : value.items) {
    if (!IsText(item) || !(item.text.starts_with('/') || item.text.starts_with("!/")) ||
        item.text.size() > kMaxPathRule) {
      reporting.Error(item.at, std::format("a rule of {} begins with '/' or '!/' and has at most {} characters; found "
                                           "{}",
                                           Quoted(path), kMaxPathRule, item.Describe()));
      return;
    }
    if (item.text[0] == '!') {
      assets->assets_first_paths.push_back(item.text.substr(1));
    } else {
      assets->worker_first_paths.push_back(item.text);
    }
  }
  if (assets->worker_first_paths.empty()) {
    reporting.Error(value.at, std::format("{} needs a rule that does not begin with '!'", Quoted(path)));
  }
}

void CheckPort(const Value& value, const std::string& path, const Reporting& reporting, std::optional<int>* out) {
  const std::optional<int64_t> port = value.AsInteger();
  if (!port || *port < 0 || *port > 65535) return reporting.WrongType(value, path, "a port from 0 to 65535");
  *out = static_cast<int>(*port);
}

}  // namespace

void CheckAssets(const Value& value, const std::string& path, const Reporting& reporting, WorkerConfig* worker) {
  if (!value.Is(Kind::kTable)) {
    return reporting.WrongType(value, path, "a table, such as " + reporting.Example("directory", "\"public\""));
  }
  static constexpr std::array<std::string_view, 5> kMembers = {"directory", "binding", "html_handling",
                                                               "not_found_handling", "run_worker_first"};
  reporting.UnknownMembers(value, path, kMembers);
  AssetsConfig assets;
  assets.at = value.at;
  if (const Value* directory = value.Find("directory"))
    CheckText(*directory, path + ".directory", reporting, &assets.directory);
  if (const Value* binding = value.Find("binding")) CheckText(*binding, path + ".binding", reporting, &assets.binding);
  if (const Value* html = value.Find("html_handling")) {
    OneOf(*html, path + ".html_handling", reporting, kHtmlHandling, &assets.html_handling);
  }
  if (const Value* not_found = value.Find("not_found_handling")) {
    OneOf(*not_found, path + ".not_found_handling", reporting, kNotFoundHandling, &assets.not_found_handling);
  }
  if (const Value* first = value.Find("run_worker_first")) {
    CheckWorkerFirst(*first, path + ".run_worker_first", reporting, &assets);
  }
  if (!value.Find("directory")) {
    return reporting.Error(value.at, std::format("{} needs the folder of the files: {}", Quoted(path),
                                                 reporting.Example("directory", "\"public\"")));
  }
  worker->assets = std::move(assets);
}

void CheckTriggers(const Value& value, const std::string& path, const Reporting& reporting, WorkerConfig* worker) {
  if (!value.Is(Kind::kTable)) {
    return reporting.WrongType(value, path, "a table, such as " + reporting.Example("crons", "[\"*/5 * * * *\"]"));
  }
  static constexpr std::array<std::string_view, 1> kMembers = {"crons"};
  reporting.UnknownMembers(value, path, kMembers);
  const Value* crons = value.Find("crons");
  if (crons == nullptr || crons->Is(Kind::kNull)) return;
  const std::string crons_path = path + ".crons";
  if (!crons->Is(Kind::kArray) || crons->items.size() > kMaxCrons) {
    return reporting.WrongType(
        *crons, crons_path, std::format("an array of at most {} cron expressions, such as \"*/5 * * * *\"", kMaxCrons));
  }
  for (const Value& item : crons->items) {
    if (!item.Is(Kind::kString)) {
      reporting.WrongType(item, crons_path, "cron expressions, such as \"*/5 * * * *\"");
      continue;
    }
    if (auto cron = ParseCron(item.text); !cron) {
      reporting.Error(item.at, std::format("{} in {}: {}", Quoted(item.text), Quoted(crons_path), cron.error()));
    } else {
      worker->crons.push_back(item.text);
    }
  }
}

void CheckBuild(const Value& value, const std::string& path, const Reporting& reporting, WorkerConfig* worker) {
  if (!value.Is(Kind::kTable)) {
    return reporting.WrongType(value, path, "a table, such as " + reporting.Example("command", "\"npm run build\""));
  }
  static constexpr std::array<std::string_view, 4> kMembers = {"command", "cwd", "watch_dir", "upload"};
  reporting.UnknownMembers(value, path, kMembers);
  BuildConfig build;
  if (const Value* command = value.Find("command")) CheckText(*command, path + ".command", reporting, &build.command);
  if (const Value* cwd = value.Find("cwd")) CheckText(*cwd, path + ".cwd", reporting, &build.cwd);
  if (const Value* watch = value.Find("watch_dir")) {
    if (watch->Is(Kind::kArray)) {
      for (const Value& item : watch->items) {
        std::string folder;
        CheckText(item, path + ".watch_dir", reporting, &folder);
        build.watch_dirs.push_back(std::move(folder));
      }
    } else {
      CheckText(*watch, path + ".watch_dir", reporting, &build.watch_dirs.emplace_back());
    }
  }
  if (const Member* upload = value.FindMember("upload")) {
    reporting.Warn(upload->at, std::format("{} has no effect: it is of an earlier form of the configuration; {} names "
                                           "the entry module and 'rules' the kinds of files",
                                           Quoted(path + ".upload"), reporting.Example("main", "\"src/index.js\"")));
  }
  worker->build = std::move(build);
}

void CheckDev(const Value& value, const std::string& path, const Reporting& reporting, WorkerConfig* worker) {
  if (!value.Is(Kind::kTable)) return reporting.WrongType(value, path, "a table of settings for development");
  static constexpr std::array<std::string_view, 10> kMembers = {
      "ip",   "port",  "inspector_port",    "inspector_ip",    "local_protocol", "upstream_protocol",
      "host", "types", "enable_containers", "container_engine"};
  reporting.UnknownMembers(value, path, kMembers);
  DevConfig& dev = worker->dev;
  if (const Value* ip = value.Find("ip")) CheckText(*ip, path + ".ip", reporting, &dev.ip);
  if (const Value* port = value.Find("port")) CheckPort(*port, path + ".port", reporting, &dev.port);
  if (const Value* port = value.Find("inspector_port")) {
    CheckPort(*port, path + ".inspector_port", reporting, &dev.inspector_port);
  }
  if (const Value* protocol = value.Find("local_protocol")) {
    static constexpr std::array<std::string_view, 2> kProtocols = {"http", "https"};
    std::string chosen;
    OneOf(*protocol, path + ".local_protocol", reporting, kProtocols, &chosen);
    dev.https = chosen == "https";
  }
  for (const std::string_view other : {"host", "upstream_protocol", "inspector_ip"}) {
    if (const Member* member = value.FindMember(other)) {
      reporting.Warn(member->at, std::format("{} is not acted on", Quoted(path + "." + std::string(other))));
    }
  }
}

void CheckReplacements(const Value& value, const std::string& path, const Reporting& reporting,
                       std::vector<Replacement>* out) {
  if (!value.Is(Kind::kTable)) return reporting.WrongType(value, path, "a table of names and what they become");
  for (const Member& member : value.members) {
    if (reporting.errors->size() > kMaxReported) return;
    const std::string member_path = path + "." + member.name;
    // Each becomes an argument of the bundler.
    if (member.name.empty() || member.name.find_first_of(std::string_view("=\0", 2)) != std::string::npos) {
      reporting.Error(member.at, std::format("{} is not a name that can be replaced", Quoted(member.name)));
      continue;
    }
    std::string text;
    CheckText(member.value, member_path, reporting, &text);
    out->push_back({member.name, std::move(text)});
  }
}

void CheckText(const Value& value, const std::string& path, const Reporting& reporting, std::string* out) {
  if (!IsText(value)) return reporting.WrongType(value, path, "a string that is not empty");
  *out = value.text;
}

void CheckFlag(const Value& value, const std::string& path, const Reporting& reporting, bool* out) {
  if (!value.Is(Kind::kBoolean)) return reporting.WrongType(value, path, "true or false");
  *out = value.boolean;
}

}  // namespace verge::config
