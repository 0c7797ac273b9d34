#include "config/fleet.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <format>
#include <fstream>
#include <unordered_map>
#include <utility>

#include "config/checker.h"
#include "config/suggest.h"
#include "config/value.h"

namespace verge::config {
namespace {

namespace fs = std::filesystem;
using Kind = Value::Kind;
using Problems = std::vector<Problem>;

constexpr std::array<std::string_view, 3> kFleetNames = {"verge.toml", "verge.json", "verge.jsonc"};
constexpr std::array<std::string_view, 3> kWorkerNames = {"wrangler.json", "wrangler.jsonc", "wrangler.toml"};

// Twenty thousand workers with a few keys each, and more.
constexpr size_t kMaxFleetBytes = 32 << 20;
constexpr size_t kMaxFleetValues = 2'000'000;
constexpr size_t kMaxReported = 50;
constexpr uint64_t kMiB = uint64_t{1} << 20;

bool IsFile(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

std::expected<Document, Problem> Read(const std::string& file) {
  if (!IsFile(file)) return std::unexpected(Problem{file, 0, 0, "there is no such file"});
  std::error_code error;
  if (fs::file_size(file, error) > kMaxFleetBytes || error) {
    return std::unexpected(Problem{file, 0, 0, std::format("is larger than {} MiB", kMaxFleetBytes / kMiB)});
  }
  std::ifstream stream(file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (!stream && !stream.eof()) return std::unexpected(Problem{file, 0, 0, "cannot be read"});
  return file.ends_with(".toml") ? ReadToml(text, file, kMaxFleetValues) : ReadJsonc(text, file, kMaxFleetValues);
}

class FleetReader {
 public:
  explicit FleetReader(const std::string& file)
      : file_(file), syntax_(file.ends_with(".toml") ? Syntax::kToml : Syntax::kJson) {
    out_.file = file;
    std::error_code error;
    folder_ = fs::absolute(file, error).parent_path().string();
  }

  std::expected<Fleet, Problems> Run() {
    auto document = Read(file_);
    if (!document) return std::unexpected(Problems{document.error()});
    out_.warnings = std::move(document->warnings);
    static constexpr std::array<std::string_view, 6> kKeys = {"workers",      "memory_mb",      "idle_timeout",
                                                              "max_isolates", "max_concurrent", "$schema"};
    for (const Member& member : document->root.members) {
      if (std::ranges::find(kKeys, member.name) != kKeys.end()) continue;
      Warn(member.at, std::format("unknown key {}{}", Quoted(member.name), DidYouMean(member.name, kKeys)));
      if (out_.warnings.size() > kMaxReported) break;
    }
    if (auto value = Whole(document->root, "memory_mb", "memory_mb", 16, 16 << 20, "of MiB")) {
      out_.memory_bytes = static_cast<uint64_t>(*value) * kMiB;
    }
    if (auto value = Whole(document->root, "idle_timeout", "idle_timeout", 1, 30 * 86'400, "of seconds")) {
      out_.idle_timeout = std::chrono::seconds(*value);
    }
    if (auto value = Whole(document->root, "max_isolates", "max_isolates", 1, 100'000, "of isolates")) {
      out_.max_isolates = static_cast<size_t>(*value);
    }
    if (auto value = Whole(document->root, "max_concurrent", "max_concurrent", 1, 1'000'000, "of events")) {
      out_.max_concurrent = static_cast<uint32_t>(*value);
    }
    const Value* workers = document->root.Find("workers");
    if (workers == nullptr || !workers->Is(Kind::kArray) || workers->items.empty()) {
      Error(workers == nullptr ? Position{} : workers->at,
            "there are no workers; each is a table [[workers]] with 'name', 'main' and 'routes'");
    } else {
      for (const Value& worker : workers->items) {
        if (errors_.size() > kMaxReported) break;
        AddWorker(worker);
      }
      CheckServices();
    }
    if (!errors_.empty()) {
      std::ranges::stable_sort(errors_, {}, [](const Problem& p) { return std::pair(p.line, p.column); });
      return std::unexpected(std::move(errors_));
    }
    out_.routes.Build();
    return std::move(out_);
  }

 private:
  void Error(Position at, std::string message) { errors_.push_back({file_, at.line, at.column, std::move(message)}); }
  void Warn(Position at, std::string message) {
    out_.warnings.push_back({file_, at.line, at.column, std::move(message)});
  }

  std::optional<int64_t> Whole(const Value& table, std::string_view key, std::string_view path, int64_t min,
                               int64_t max, std::string_view what) {
    const Member* member = table.FindMember(key);
    if (member == nullptr) return std::nullopt;
    auto value = member->value.AsInteger();
    if (!value || *value < min || *value > max) {
      Error(member->value.at, std::format("{} must be a whole number {} from {} to {}; found {}", Quoted(path), what,
                                          min, max, member->value.Describe()));
      return std::nullopt;
    }
    return value;
  }

  void AddWorker(const Value& table) {
    const std::string path = std::format("workers[{}]", out_.workers.size());
    const auto index = static_cast<uint32_t>(out_.workers.size());
    FleetWorker& worker = out_.workers.emplace_back();
    worker.at = table.at;
    if (!table.Is(Kind::kTable)) {
      return Error(table.at, std::format("'{}' must be a table; found {}", path, table.Describe()));
    }
    if (table.Find("name") == nullptr) {
      return Error(table.at, std::format("'{}' needs a name, such as {}", path,
                                         syntax_ == Syntax::kToml ? "name = \"shop\"" : "\"name\": \"shop\""));
    }
    // The keys that a worker's own configuration may have, too, are checked as there.
    static constexpr std::array<std::string_view, 3> kOwn = {"routes", "min_instances", "owner"};
    Document document;
    document.root.kind = Kind::kTable;
    document.root.at = table.at;
    for (const Member& member : table.members) {
      if (std::ranges::find(kOwn, member.name) != kOwn.end()) continue;
      if (member.name == "env") {
        Error(member.at, "a worker of a fleet has no environments; name the configuration of the one that is meant");
        continue;
      }
      document.root.members.push_back(member);
    }
    Checked checked = Check(document, {file_, syntax_, "", ""});
    for (Problem& problem : checked.errors) {
      if (problem.line == 0) {
        problem.line = table.at.line;
        problem.column = table.at.column;
      }
      errors_.push_back(std::move(problem));
    }
    out_.warnings.insert(out_.warnings.end(), checked.warnings.begin(), checked.warnings.end());
    worker.name = std::move(checked.worker.name);
    worker.vars = std::move(checked.worker.vars);
    worker.limits = checked.worker.limits;
    worker.crons = std::move(checked.worker.crons);
    if (checked.main.empty() && table.Find("assets") != nullptr) {
      Error(table.FindMember("assets")->at, "assets belong into the worker's own configuration, which 'main' leads to");
    }
    if (table.Find("rules") != nullptr) worker.rules = std::move(checked.worker.rules);
    worker.services = std::move(checked.worker.services);
    worker.kv_namespaces = std::move(checked.worker.kv_namespaces);
    worker.d1_databases = std::move(checked.worker.d1_databases);
    for (ServiceBinding& each : worker.services) each.granted = true;
    for (KvNamespace& each : worker.kv_namespaces) each.granted = true;
    for (D1Database& each : worker.d1_databases) each.granted = true;
    if (!worker.services.empty()) service_places_.emplace_back(index, table.Find("services"));
    AddOwner(table, path, &worker);
    if (!worker.name.empty()) {
      const auto [other, added] = out_.by_name.try_emplace(worker.name, index);
      if (!added) {
        Error(table.FindMember("name")->value.at,
              std::format("there is a worker {} already, on line {}; names are unique", Quoted(worker.name),
                          out_.workers[other->second].at.line));
      }
    }
    if (!checked.main.empty()) {
      worker.main = (fs::path(folder_) / checked.main).lexically_normal().string();
      struct stat status;
      if (::stat(worker.main.c_str(), &status) != 0) {
        Error(checked.main_at,
              std::format("'main' names a file or folder that does not exist: {}", Quoted(worker.main)));
      }
    }
    if (auto value = Whole(table, "min_instances", path + ".min_instances", 0, 1, "of isolates for each shard,")) {
      worker.min_instances = static_cast<uint32_t>(*value);
    }
    AddRoutes(table, path, index);
  }

  void AddOwner(const Value& table, const std::string& path, FleetWorker* worker) {
    const Member* owner = table.FindMember("owner");
    if (owner == nullptr) return;
    if (!owner->value.Is(Kind::kString) || !IsWorkerName(owner->value.text)) {
      Error(owner->value.at,
            std::format("'{}.owner' must be a name of {}; found {}", path, kWorkerNameRule, owner->value.Describe()));
      return;
    }
    worker->owner = owner->value.text;
  }

  // Once all names are known.
  void CheckServices() {
    std::vector<std::string_view> names;
    for (const auto& [index, list] : service_places_) {
      const FleetWorker& worker = out_.workers[index];
      for (const ServiceBinding& service : worker.services) {
        if (out_.by_name.contains(service.service)) continue;
        if (names.empty()) {
          for (const FleetWorker& each : out_.workers) names.push_back(each.name);
        }
        Error(list->at, std::format("the worker {} is bound to the service {}, but there is no such worker{}",
                                    Quoted(worker.name), Quoted(service.service),
                                    names.size() <= 1000 ? DidYouMean(service.service, names) : ""));
        if (errors_.size() > kMaxReported) return;
      }
    }
  }

  void AddRoutes(const Value& table, const std::string& path, uint32_t index) {
    const Value* routes = table.Find("routes");
    if (routes == nullptr) {
      return Error(table.at,
                   std::format("nothing leads to the worker {}: it needs routes, such as {}, or an empty list of "
                               "them when only other workers call it",
                               Quoted(out_.workers[index].name),
                               syntax_ == Syntax::kToml ? "routes = [\"shop.example.com/*\"]"
                                                        : "\"routes\": [\"shop.example.com/*\"]"));
    }
    if (!routes->Is(Kind::kArray)) {
      return Error(routes->at, std::format("'{}.routes' must be an array of routes, [\"shop.example.com/*\"]; found {}",
                                           path, routes->Describe()));
    }
    for (const Value& item : routes->items) {
      // As in wrangler's files, { pattern = "…" } says the same.
      const Value* text = item.Is(Kind::kTable) ? item.Find("pattern") : &item;
      if (text == nullptr || !text->Is(Kind::kString)) {
        Error(item.at,
              std::format("a route must be a string such as \"shop.example.com/*\"; found {}", item.Describe()));
        continue;
      }
      auto pattern = RoutePattern::Parse(text->text);
      if (!pattern) {
        Error(text->at, pattern.error());
        continue;
      }
      if (auto other = out_.routes.Add(*pattern, index)) {
        Error(text->at,
              *other == index
                  ? std::format("the route {} is there twice", Quoted(text->text))
                  : std::format("the route {} belongs to the worker {} already (line {}); each leads to one worker",
                                Quoted(text->text), Quoted(out_.workers[*other].name), out_.workers[*other].at.line));
      }
    }
  }

  const std::string& file_;
  const Syntax syntax_;
  std::string folder_;
  Fleet out_;
  Problems errors_;
  std::vector<std::pair<uint32_t, const Value*>> service_places_;  // workers with services, and where these are
};

}  // namespace

std::string FindFleet(const std::string& path) {
  const std::string given = path.empty() ? "." : path;
  const std::string name = fs::path(given).filename().string();
  if (std::ranges::find(kFleetNames, name) != kFleetNames.end() && IsFile(given)) return given;
  std::error_code error;
  if (!fs::is_directory(given, error)) return {};
  const auto in_folder = [&](std::string_view file) { return (fs::path(path) / file).lexically_normal().string(); };
  if (std::ranges::any_of(kWorkerNames, [&](std::string_view each) { return IsFile(in_folder(each)); })) return {};
  for (std::string_view each : kFleetNames) {
    if (IsFile(in_folder(each))) return in_folder(each);
  }
  return {};
}

std::string FleetWorker::Space() const { return owner.empty() ? "workers/" + name : "owners/" + owner; }

std::optional<uint32_t> Fleet::Find(std::string_view name) const {
  auto found = by_name.find(std::string(name));
  return found == by_name.end() ? std::nullopt : std::optional(found->second);
}

std::expected<Fleet, Problems> LoadFleet(const std::string& file) { return FleetReader(file).Run(); }

namespace {

// What the operator's file says wins over all that a worker's own calls the same.
void RemoveBinding(WorkerConfig* config, std::string_view name) {
  const auto same = [name](const auto& each) { return each.binding == name; };
  std::erase_if(config->services, same);
  std::erase_if(config->kv_namespaces, same);
  std::erase_if(config->d1_databases, same);
}

}  // namespace

std::expected<LoadResult, Problems> LoadFleetWorker(const FleetWorker& worker) {
  auto loaded = Load({.path = worker.main, .env = {}, .development = false, .confined = true, .vars = {}});
  if (!loaded) return loaded;
  WorkerConfig& config = loaded->worker;
  config.name = worker.name;
  for (const Var& var : worker.vars) {
    auto same = std::ranges::find(config.vars, var.name, &Var::name);
    if (same == config.vars.end()) {
      config.vars.push_back(var);
    } else {
      *same = var;
    }
  }
  const auto grant = [&config](const auto& bindings, auto* into) {
    for (const auto& each : bindings) {
      RemoveBinding(&config, each.binding);
      into->push_back(each);
    }
  };
  grant(worker.services, &config.services);
  grant(worker.kv_namespaces, &config.kv_namespaces);
  grant(worker.d1_databases, &config.d1_databases);
  if (!worker.rules.empty()) config.rules = worker.rules;
  for (const LimitKey& key : kLimitKeys) {
    if (worker.limits.*key.member) config.limits.*key.member = worker.limits.*key.member;
  }
  return loaded;
}

}  // namespace verge::config
