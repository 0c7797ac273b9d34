#include "config/binding_keys.h"

#include <algorithm>
#include <array>
#include <format>
#include <optional>
#include <utility>

#include "config/checker.h"
#include "config/suggest.h"

namespace verge::config {
namespace {

using Kind = Value::Kind;

constexpr size_t kMaxId = 128;

bool IsIdChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

// What can be the name of a file wherever it is made.
bool IsId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxId && id[0] != '.' && std::ranges::all_of(id, IsIdChar);
}

// An id that becomes the name of a file. Null: absent, or wrong, which is told.
const std::string* CheckId(const Value& item, const std::string& place, std::string_view name,
                           const Reporting& reporting) {
  const Value* id = item.Find(name);
  if (!id) return nullptr;
  if (!id->Is(Kind::kString) || !IsId(id->text)) {
    reporting.WrongType(*id, place + "." + std::string(name),
                        std::format("1 to {} letters, digits, '-', '_' and '.', not beginning with '.': it is the name "
                                    "of a file",
                                    kMaxId));
    return nullptr;
  }
  return &id->text;
}

std::optional<D1Database> ReadD1Database(const Value& item, const std::string& place, const Reporting& reporting) {
  const std::string* binding = reporting.Text(item, place, "binding");
  if (!binding) {
    if (!item.FindMember("binding")) {
      reporting.Error(item.at, std::format("'{}' needs a name in the worker's env: {}", place,
                                           reporting.Example("binding", "\"DB\"")));
    }
    return std::nullopt;
  }
  D1Database database;
  database.binding = *binding;
  if (const std::string* name = reporting.Text(item, place, "database_name")) database.name = *name;
  const std::string* id = reporting.Text(item, place, "database_id");
  std::string_view from = "database_id";
  if (!id && !database.name.empty()) {
    id = &database.name;
    from = "database_name";
  } else if (!id) {
    id = binding;
    from = "binding";
  }
  database.id = *id;
  if (!IsId(database.id)) {
    reporting.Error(item.Find(from)->at,
                    std::format("'{}.{}' names the database's file: 1 to 128 letters, digits, '-', '_' and '.', not "
                                "starting with '.'; found {}",
                                place, from, Quoted(database.id)));
    return std::nullopt;
  }
  const std::string* folder = reporting.Text(item, place, "migrations_dir");
  database.migrations_dir = folder ? *folder : "migrations";
  const std::string* table = reporting.Text(item, place, "migrations_table");
  database.migrations_table = table ? *table : "d1_migrations";
  return database;
}

std::optional<KvNamespace> ReadKvNamespace(const Value& item, const std::string& place, const Reporting& reporting) {
  const size_t errors = reporting.errors->size();
  const std::string& binding = item.Find("binding")->text;
  KvNamespace name_space{binding, "", "", false};
  const std::string* id = CheckId(item, place, "id", reporting);
  const std::string* preview = CheckId(item, place, "preview_id", reporting);
  if (reporting.errors->size() != errors) return std::nullopt;
  name_space.has_id = id != nullptr;
  // Without one as wrangler does it locally.
  name_space.id = id ? *id : binding;
  if (preview) name_space.preview_id = *preview;
  if (!IsId(name_space.id)) {
    reporting.Error(item.at, std::format("'{}' needs an id, as its binding cannot be the name of a file: {}", place,
                                         reporting.Example("id", "\"…\"")));
    return std::nullopt;
  }
  return name_space;
}

std::optional<ServiceBinding> ReadService(const Value& item, const std::string& place, const Reporting& reporting) {
  const size_t errors = reporting.errors->size();
  const std::string* binding = reporting.Text(item, place, "binding");
  const std::string* service = reporting.Text(item, place, "service");
  const std::string* environment = reporting.Text(item, place, "environment");
  const std::string* entrypoint = reporting.Text(item, place, "entrypoint");
  if (reporting.errors->size() != errors) return std::nullopt;
  if (!binding || !service) {
    reporting.Error(item.at, std::format("'{}' needs {}", place,
                                         binding ? reporting.Example("service", "\"other-worker\"")
                                                 : reporting.Example("binding", "\"OTHER\"")));
    return std::nullopt;
  }
  ServiceBinding out{*binding, *service, "", "", false};
  if (environment) out.service += "-" + *environment;
  if (!IsWorkerName(out.service)) {
    reporting.Error(item.Find("service")->at, std::format("'{}.service' must be the name of a worker ({}); found {}",
                                                          place, kWorkerNameRule, Quoted(out.service)));
    return std::nullopt;
  }
  if (entrypoint && *entrypoint != "default") out.entrypoint = *entrypoint;
  if (const Value* props = item.Find("props")) {
    std::optional<std::string> json = props->ToJson();
    if (!props->Is(Kind::kTable) || !json) {
      reporting.WrongType(*props, place + ".props", "a table of what the other worker finds in ctx.props");
      return std::nullopt;
    }
    out.props = *std::move(json);
  }
  return out;
}

}  // namespace

bool EnvNames::Take(const Value& name, const Reporting& reporting) {
  if (names_.empty()) {
    for (const Var& var : worker_.vars) names_.insert(var.name);
  }
  if (names_.insert(name.text).second) return true;
  reporting.Error(name.at, std::format("{} is the name of another variable or binding", Quoted(name.text)));
  return false;
}

void CheckD1Databases(const Value& value, const std::string& path, const Reporting& reporting, EnvNames* names,
                      WorkerConfig* worker) {
  if (!value.Is(Kind::kArray)) {
    return reporting.WrongType(value, path, "an array of databases, each with 'binding' and 'database_name'");
  }
  static constexpr std::array<std::string_view, 9> kMembers = {
      "binding",        "database_name",    "database_id",        "preview_database_id",
      "migrations_dir", "migrations_table", "migrations_pattern", "database_internal_env",
      "remote"};
  for (size_t i = 0; i < value.items.size() && !reporting.Full(); ++i) {
    const Value& item = value.items[i];
    const std::string place = std::format("{}[{}]", path, i);
    if (!item.Is(Kind::kTable)) {
      reporting.Error(item.at, std::format("'{}' must be a table with 'binding' and 'database_name'; found {}", place,
                                           item.Describe()));
      continue;
    }
    reporting.UnknownMembersOfItem(item, place, kMembers);
    auto database = ReadD1Database(item, place, reporting);
    if (database && names->Take(*item.Find("binding"), reporting)) {
      worker->d1_databases.push_back(*std::move(database));
    }
  }
}

void CheckKvNamespaces(const Value& value, const std::string& path, const Reporting& reporting, EnvNames* names,
                       WorkerConfig* worker) {
  if (!value.Is(Kind::kArray)) {
    return reporting.WrongType(value, path,
                               std::format("an array of namespaces, each with {} and {}",
                                           reporting.Example("binding", "\"KV\""), reporting.Example("id", "\"…\"")));
  }
  static constexpr std::array<std::string_view, 4> kMembers = {"binding", "id", "preview_id", "remote"};
  for (size_t i = 0; i < value.items.size() && !reporting.Full(); ++i) {
    const Value& item = value.items[i];
    const std::string place = std::format("{}[{}]", path, i);
    if (!item.Is(Kind::kTable)) {
      reporting.Error(item.at,
                      std::format("'{}' must be a table with 'binding' and 'id'; found {}", place, item.Describe()));
      continue;
    }
    reporting.UnknownMembersOfItem(item, place, kMembers);
    const Value* binding = item.Find("binding");
    if (!binding) {
      reporting.Error(item.at, std::format("'{}' needs a name in the worker's env: {}", place,
                                           reporting.Example("binding", "\"KV\"")));
      continue;
    }
    if (!binding->Is(Kind::kString) || binding->text.empty() || binding->text.find('\0') != std::string::npos) {
      reporting.WrongType(*binding, place + ".binding", "a name");
      continue;
    }
    if (!names->Take(*binding, reporting)) continue;
    if (auto name_space = ReadKvNamespace(item, place, reporting)) {
      worker->kv_namespaces.push_back(*std::move(name_space));
    }
  }
}

void CheckServices(const Value& value, const std::string& path, const Reporting& reporting, EnvNames* names,
                   WorkerConfig* worker) {
  if (!value.Is(Kind::kArray)) {
    return reporting.WrongType(value, path, "an array of services, each with 'binding' and 'service'");
  }
  static constexpr std::array<std::string_view, 6> kMembers = {"binding",    "service", "environment",
                                                               "entrypoint", "props",   "remote"};
  for (size_t i = 0; i < value.items.size() && !reporting.Full(); ++i) {
    const Value& item = value.items[i];
    const std::string place = std::format("{}[{}]", path, i);
    if (!item.Is(Kind::kTable)) {
      reporting.Error(
          item.at, std::format("'{}' must be a table with 'binding' and 'service'; found {}", place, item.Describe()));
      continue;
    }
    reporting.UnknownMembersOfItem(item, place, kMembers);
    auto service = ReadService(item, place, reporting);
    if (service && names->Take(*item.Find("binding"), reporting)) worker->services.push_back(*std::move(service));
  }
}

}  // namespace verge::config
