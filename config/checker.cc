#include "config/checker.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <format>
#include <iterator>
#include <optional>
#include <utility>

#include "config/binding_keys.h"
#include "config/glob.h"
#include "config/keys.h"
#include "config/project_keys.h"
#include "config/reporting.h"
#include "config/suggest.h"

namespace verge::config {
namespace {

using Kind = Value::Kind;

// A worker's name becomes a label of a host name (RFC 1035, section 2.3.4).
constexpr size_t kMaxName = 63;

bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }
bool IsNameChar(char c) { return IsNameStart(c) || c == '-'; }

bool IsDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto number = [text](size_t begin, size_t length) {
    int out = -1;
    const char* end = text.data() + begin + length;
    const auto [rest, error] = std::from_chars(text.data() + begin, end, out);
    return error == std::errc() && rest == end ? out : -1;
  };
  const int year = number(0, 4);
  const int month = number(5, 2);
  const int day = number(8, 2);
  if (year < 1 || month < 1 || day < 1) return false;
  return std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day)))
      .ok();
}

class Checker {
 public:
  Checker(const Document& document, const CheckContext& context) : top_(document.root), context_(context) {
    out_.warnings = document.warnings;
  }

  Checked Run() {
    ChooseEnvironment();
    CheckKeys(top_, /*in_env=*/false);
    if (env_ != nullptr) CheckKeys(*env_, /*in_env=*/true);
    CheckName();
    CheckMain();
    CheckDate();
    CheckFlags();
    CheckVars();
    CheckRules();
    CheckLimits();
    CheckBindings();
    CheckCache();
    CheckProjectKeys();
    Settle(&out_.errors, "errors");
    Settle(&out_.warnings, "warnings");
    return std::move(out_);
  }

 private:
  // A key's value together with how to speak of it.
  struct Found {
    const Member* member = nullptr;
    std::string path;  // "env.staging.limits"
    explicit operator bool() const { return member != nullptr; }
    const Value* operator->() const { return &member->value; }
    const Value& operator*() const { return member->value; }
  };

  void Error(Position at, std::string message) { reporting_.Error(at, std::move(message)); }
  void Warn(Position at, std::string message) { reporting_.Warn(at, std::move(message)); }

  // In the order of the file, and not without end.
  static void Settle(std::vector<Problem>* problems, std::string_view what) {
    std::ranges::stable_sort(*problems, {}, [](const Problem& p) { return std::pair(p.line, p.column); });
    if (problems->size() <= kMaxReported) return;
    const std::string file = problems->front().file;
    const size_t more = problems->size() - kMaxReported;
    problems->resize(kMaxReported);
    problems->push_back({file, 0, 0, std::format("… and {} more {}", more, what)});
  }

  [[nodiscard]] std::string Example(std::string_view key, std::string_view value) const {
    return reporting_.Example(key, value);
  }
  void WrongType(const Found& found, std::string_view right) { reporting_.WrongType(*found, found.path, right); }

  [[nodiscard]] std::string EnvPath(std::string_view key) const { return std::format("env.{}.{}", context_.env, key); }

  [[nodiscard]] Found Inherited(std::string_view key) const {
    if (env_ != nullptr) {
      if (const Member* own = env_->FindMember(key)) return {own, EnvPath(key)};
    }
    return {top_.FindMember(key), std::string(key)};
  }
  [[nodiscard]] Found NotInherited(std::string_view key) const {
    if (env_ != nullptr) return {env_->FindMember(key), EnvPath(key)};
    return {top_.FindMember(key), std::string(key)};
  }

  void ChooseEnvironment() {
    const Member* envs = top_.FindMember("env");
    if (envs != nullptr && !envs->value.Is(Kind::kTable)) {
      WrongType({envs, "env"}, "a table of environments");
      return;
    }
    if (context_.env.empty()) return;
    if (envs == nullptr || envs->value.members.empty()) {
      // As wrangler does, and for the same reason: tools pass --env to every project, also to those without any.
      Warn({},
           std::format("there is no environment {} (the file has none); the top level is used", Quoted(context_.env)));
      return;
    }
    const Member* env = envs->value.FindMember(context_.env);
    if (env == nullptr) {
      std::vector<std::string_view> names;
      std::string list;
      for (const Member& member : envs->value.members) {
        if (names.size() == kMaxReported) break;
        names.push_back(member.name);
        list += (list.empty() ? "" : ", ") + Quoted(member.name);
      }
      Error(envs->at, std::format("there is no environment {}; the file has {}{}", Quoted(context_.env), list,
                                  DidYouMean(context_.env, names)));
      return;
    }
    if (!env->value.Is(Kind::kTable)) {
      WrongType({env, "env." + context_.env}, "a table");
      return;
    }
    env_ = &env->value;
    env_at_ = env->at;
  }

  void CheckKeys(const Value& table, bool in_env) {
    size_t reported = 0;
    for (const Member& member : table.members) {
      const std::string path = in_env ? EnvPath(member.name) : member.name;
      const Key* key = FindKey(member.name);
      if (key != nullptr && in_env && key->scope == KeyScope::kTopLevel) {
        Warn(member.at,
             std::format("{} has no effect: {} belongs at the top level", Quoted(path), Quoted(member.name)));
      } else if (key == nullptr) {
        Warn(member.at, std::format("unknown key {}{}", Quoted(path), DidYouMean(member.name, KnownKeyNames())));
      } else if (key->use == KeyUse::kNotYet) {
        // An environment without the key does not have the binding, so that there is nothing to miss.
        if (!in_env && env_ != nullptr && key->scope == KeyScope::kNotInherited) continue;
        Warn(member.at, std::format("{} is not acted on yet", Quoted(path)));
      } else {
        continue;
      }
      if (++reported > 2 * kMaxReported) break;
    }
  }

  void CheckUnknownMembers(const Found& table, std::span<const std::string_view> known) {
    reporting_.UnknownMembers(*table, table.path, known);
  }

  void CheckName() {
    const Found name = Inherited("name");
    if (name && !name->Is(Kind::kString))
      return WrongType(name, std::format("a string, {}", Example("name", "\"my-worker\"")));
    if (name && !IsWorkerName(name->text)) {
      Error(name->at,
            std::format("{} must be a name of {} characters; found {}{}", Quoted(name.path), kWorkerNameRule,
                        Quoted(name->text),
                        name->text.empty() ? "" : std::format("; {} would be one", Quoted(NameFrom(name->text)))));
      return;
    }
    std::string chosen = name ? name->text : context_.default_name;
    const bool own = env_ != nullptr && env_->FindMember("name") != nullptr;
    if (env_ != nullptr && !own) {
      chosen += "-" + context_.env;
      if (!IsWorkerName(chosen)) {
        Error(env_at_,
              std::format("the worker would be called {}, which is not a name of {} characters; give it one: {}",
                          Quoted(chosen), kWorkerNameRule, Example("name", JsonString(NameFrom(chosen)))));
        return;
      }
    }
    out_.worker.name = std::move(chosen);
  }

  void CheckMain() {
    const Found main = Inherited("main");
    if (!main && Inherited("assets")) return;
    if (!main) {
      Error({}, std::format("'main' is missing; it names the entry module: {}", Example("main", "\"src/index.js\"")));
      return;
    }
    out_.main_at = main.member->at;
    if (!main->Is(Kind::kString) || main->text.empty()) {
      return WrongType(main, "the path of the entry module: " + Example("main", "\"src/index.js\""));
    }
    if (main->text.find('\0') != std::string::npos) {
      return Error(main->at, std::format("{} contains a zero byte", Quoted(main.path)));
    }
    out_.main = main->text;
  }

  void CheckDate() {
    const Found date = Inherited("compatibility_date");
    if (!date) return;
    if (!date->Is(Kind::kString) || !IsDate(date->text)) {
      const std::string_view example =
          date->Is(Kind::kDate) && IsDate(date->text) ? std::string_view(date->text) : "2025-06-01";
      return WrongType(date, "a date in quotes, " + Example("compatibility_date", std::format("\"{}\"", example)));
    }
    out_.worker.compatibility_date = date->text;
  }

  // Every element of an array of strings; null and an error when it is not one.
  const std::vector<Value>* Strings(const Found& found, std::string_view right) {
    if (!found->Is(Kind::kArray)) {
      WrongType(found, right);
      return nullptr;
    }
    for (size_t i = 0; i < found->items.size(); ++i) {
      const Value& item = found->items[i];
      if (item.Is(Kind::kString) && !item.text.empty()) continue;
      Error(item.at, std::format("'{}[{}]' must be a string that is not empty; found {}", Printable(found.path), i,
                                 item.Describe()));
      return nullptr;
    }
    return &found->items;
  }

  void CheckFlags() {
    const Found flags = Inherited("compatibility_flags");
    if (!flags) return;
    const auto* items = Strings(flags, "an array of strings, " + Example("compatibility_flags", "[\"nodejs_compat\"]"));
    if (items == nullptr) return;
    for (const Value& item : *items) out_.worker.compatibility_flags.push_back(item.text);
  }

  void CheckVars() {
    const Member* top_vars = top_.FindMember("vars");
    if (env_ != nullptr && top_vars != nullptr && top_vars->value.Is(Kind::kTable)) WarnOfVarsLeftBehind(*top_vars);
    const Found vars = NotInherited("vars");
    if (!vars) return;
    if (!vars->Is(Kind::kTable)) return WrongType(vars, "a table of variables");
    for (const Member& member : vars->members) {
      if (reporting_.Full()) return;
      const std::string path = vars.path + "." + member.name;
      if (member.name.empty() || member.name.find('\0') != std::string::npos) {
        Error(member.at, std::format("{} is not a name for a variable", Quoted(member.name)));
        continue;
      }
      std::optional<std::string> json = member.value.ToJson();
      if (!json) {
        Error(member.value.at, std::format("{} must be something that JSON can express; found a number that is not "
                                           "finite",
                                           Quoted(path)));
        continue;
      }
      Var var{member.name, *std::move(json), member.value.Is(Kind::kString), ""};
      if (var.is_text) var.text = member.value.text;
      out_.worker.vars.push_back(std::move(var));
    }
  }

  // The classic trap of environments.
  void WarnOfVarsLeftBehind(const Member& top_vars) {
    const Value* own = env_->Find("vars");
    if (own != nullptr && !own->Is(Kind::kTable)) return;
    std::unordered_set<std::string_view> names;
    if (own != nullptr) {
      for (const Member& member : own->members) names.insert(member.name);
    }
    std::string missing;
    size_t count = 0;
    for (const Member& member : top_vars.value.members) {
      if (names.contains(member.name)) continue;
      if (++count <= 5) missing += (missing.empty() ? "" : ", ") + Quoted(member.name);
    }
    if (count == 0) return;
    if (count > 5) missing += std::format(" and {} more", count - 5);
    Warn(top_vars.at,
         std::format("'vars' is not inherited: environment {} does not have {}", Quoted(context_.env), missing));
  }

  void CheckRules() {
    const Found rules = Inherited("rules");
    std::vector<ModuleRule>& out = out_.worker.rules;
    // By type: the rule that silences the ones after it, and whether its author said so in as many words.
    struct Ending {
      Position at;
      bool on_purpose;
    };
    std::array<std::optional<Ending>, 6> endings;
    if (rules && !rules->Is(Kind::kArray)) {
      WrongType(rules, "an array of rules, each with 'type' and 'globs'");
    } else if (rules) {
      for (size_t i = 0; i < rules->items.size() && !reporting_.Full(); ++i) {
        const Value& item = rules->items[i];
        const std::string path = std::format("{}[{}]", rules.path, i);
        bool on_purpose = false;
        std::optional<ModuleRule> rule = CheckRule(item, path, &on_purpose);
        if (!rule) continue;
        auto& ending = endings[static_cast<size_t>(rule->type)];
        if (ending) {
          if (!ending->on_purpose) {
            Warn(item.at, std::format("'{}' has no effect: the rule for {} on line {} is not marked {}", path,
                                      ModuleTypeName(rule->type), ending->at.line, Example("fallthrough", "true")));
          }
          continue;
        }
        if (EndsItsType(*rule)) ending = {item.at, on_purpose};
        out.push_back(*std::move(rule));
      }
    }
    for (const ModuleRule& rule : DefaultModuleRules()) {
      const auto& ending = endings[static_cast<size_t>(rule.type)];
      if (!ending) {
        out.push_back(rule);
        continue;
      }
      if (ending->on_purpose) continue;
      std::string globs;
      for (const std::string& glob : rule.globs) globs += (globs.empty() ? "" : ", ") + glob;
      Warn(ending->at,
           std::format("this rule turns off the default one for {} ({}); write {} to keep it, or {} if that is meant",
                       ModuleTypeName(rule.type), globs, Example("fallthrough", "true"),
                       Example("fallthrough", "false")));
    }
  }

  std::optional<ModuleRule> CheckRule(const Value& item, const std::string& path, bool* on_purpose) {
    if (!item.Is(Kind::kTable)) {
      Error(item.at, std::format("'{}' must be a table with 'type' and 'globs'; found {}", path, item.Describe()));
      return std::nullopt;
    }
    static constexpr std::array<std::string_view, 3> kMembers = {"type", "globs", "fallthrough"};
    reporting_.UnknownMembersOfItem(item, path, kMembers);
    const Found type{item.FindMember("type"), path + ".type"};
    const Found globs{item.FindMember("globs"), path + ".globs"};
    const Found fallthrough{item.FindMember("fallthrough"), path + ".fallthrough"};
    if (!type || !globs) {
      Error(item.at,
            std::format("'{}' needs {}", path, type ? Example("globs", "[\"**/*.md\"]") : Example("type", "\"Text\"")));
      return std::nullopt;
    }
    const std::optional<ModuleType> module_type = type->Is(Kind::kString) ? ParseModuleType(type->text) : std::nullopt;
    if (!module_type) {
      std::string names;
      for (const std::string_view name : ModuleTypeNames()) names += (names.empty() ? "" : ", ") + std::string(name);
      Error(type->at, std::format("{} must be one of {}; found {}{}", Quoted(type.path), names, type->Describe(),
                                  DidYouMean(type->text, ModuleTypeNames())));
      return std::nullopt;
    }
    ModuleRule rule{*module_type, {}, false};
    const auto* items = Strings(globs, "an array of globs, " + Example("globs", "[\"**/*.md\"]"));
    if (items == nullptr) return std::nullopt;
    for (const Value& glob : *items) {
      auto expanded = ExpandBraces(glob.text);
      if (!expanded) {
        Error(glob.at, std::format("{}: {}", Quoted(globs.path), expanded.error()));
        return std::nullopt;
      }
      rule.globs.insert(rule.globs.end(), expanded->begin(), expanded->end());
    }
    if (fallthrough) {
      if (!fallthrough->Is(Kind::kBoolean)) {
        WrongType(fallthrough, "true or false");
        return std::nullopt;
      }
      rule.fallthrough = fallthrough->boolean;
      *on_purpose = !rule.fallthrough;
    }
    return rule;
  }

  std::optional<int64_t> CheckLimit(const Found& limits, std::string_view name, int64_t max, std::string_view what) {
    const Found limit{limits->FindMember(name), limits.path + "." + std::string(name)};
    if (!limit) return std::nullopt;
    const std::optional<int64_t> value = limit->AsInteger();
    if (!value || *value < 1 || *value > max) {
      WrongType(limit, std::format("a whole number {} from 1 to {}", what, max));
      return std::nullopt;
    }
    return value;
  }

  void CheckLimits() {
    const Found limits = Inherited("limits");
    if (!limits) return;
    if (!limits->Is(Kind::kTable)) return WrongType(limits, "a table of limits, such as " + Example("cpu_ms", "50"));
    std::array<std::string_view, std::size(kLimitKeys)> members;
    std::ranges::transform(kLimitKeys, members.begin(), &LimitKey::name);
    CheckUnknownMembers(limits, members);
    for (const LimitKey& key : kLimitKeys) {
      out_.worker.limits.*key.member = CheckLimit(limits, key.name, key.max, key.what);
    }
  }

  void CheckCache() {
    const Found cache = Inherited("cache");
    if (!cache) return;
    if (!cache->Is(Kind::kTable)) {
      return WrongType(cache, "a table of settings, such as " + Example("enabled", "true"));
    }
    static constexpr std::array<std::string_view, 4> kMembers = {"enabled", "cross_version_cache", "fetch",
                                                                 "stale_while_revalidate"};
    CheckUnknownMembers(cache, kMembers);
    const auto flag = [&](std::string_view name, bool* out) {
      const Found member{cache->FindMember(name), cache.path + "." + std::string(name)};
      if (!member) return;
      if (!member->Is(Kind::kBoolean)) return WrongType(member, "true or false");
      *out = member->boolean;
    };
    flag("enabled", &out_.worker.cache.enabled);
    flag("cross_version_cache", &out_.worker.cache.cross_version);
    flag("fetch", &out_.worker.cache.fetch);
    flag("stale_while_revalidate", &out_.worker.cache.stale_while_revalidate);
  }

  void CheckBindings() {
    const auto check = [&](std::string_view key, auto function) {
      if (const Found found = NotInherited(key)) function(*found, found.path, reporting_, &env_names_, &out_.worker);
    };
    check("d1_databases", CheckD1Databases);
    check("kv_namespaces", CheckKvNamespaces);
    check("services", CheckServices);
  }

  void CheckProjectKeys() {
    const Reporting& reporting = reporting_;
    WorkerConfig& worker = out_.worker;
    if (const Found assets = Inherited("assets")) {
      CheckAssets(*assets, assets.path, reporting, &worker);
      const Value* binding = assets->Find("binding");
      if (worker.assets && !worker.assets->binding.empty()) env_names_.Take(*binding, reporting);
    }
    if (const Found triggers = Inherited("triggers")) CheckTriggers(*triggers, triggers.path, reporting, &worker);
    if (const Found build = Inherited("build")) CheckBuild(*build, build.path, reporting, &worker);
    if (const Found dev{top_.FindMember("dev"), "dev"}) CheckDev(*dev, dev.path, reporting, &worker);
    BundleConfig& bundle = worker.bundle;
    if (const Found define = NotInherited("define")) {
      CheckReplacements(*define, define.path, reporting, &bundle.define);
    }
    if (const Found alias{top_.FindMember("alias"), "alias"}) {
      CheckReplacements(*alias, alias.path, reporting, &bundle.alias);
    }
    const auto text = [&](std::string_view key, std::string* out) {
      if (const Found found = Inherited(key)) CheckText(*found, found.path, reporting, out);
    };
    text("tsconfig", &bundle.tsconfig);
    text("jsx_factory", &bundle.jsx_factory);
    text("jsx_fragment", &bundle.jsx_fragment);
    text("base_dir", &bundle.base_dir);
    const auto flag = [&](std::string_view key, bool* out) {
      if (const Found found = Inherited(key)) CheckFlag(*found, found.path, reporting, out);
    };
    flag("minify", &bundle.minify);
    flag("keep_names", &bundle.keep_names);
    flag("no_bundle", &bundle.no_bundle);
    flag("find_additional_modules", &bundle.find_additional_modules);
  }

  const Value& top_;
  const CheckContext& context_;
  const Value* env_ = nullptr;
  Position env_at_;
  Checked out_;
  const Reporting reporting_{context_, &out_.errors, &out_.warnings};
  EnvNames env_names_{out_.worker};
};

}  // namespace

bool IsWorkerName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && IsNameStart(name[0]) && std::ranges::all_of(name, IsNameChar);
}

Checked Check(const Document& document, const CheckContext& context) { return Checker(document, context).Run(); }

std::string_view MainOf(const Document& document, std::string_view env) {
  const Value* main = document.root.Find("main");
  if (const Value* envs = document.root.Find("env"); envs != nullptr && !env.empty()) {
    const Value* table = envs->Find(env);
    const Value* own = table == nullptr ? nullptr : table->Find("main");
    if (own != nullptr) main = own;
  }
  return main != nullptr && main->Is(Kind::kString) ? std::string_view(main->text) : std::string_view();
}

std::string NameFrom(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (!IsNameChar(c)) c = '-';
    if (c == '-' && (out.empty() || out.back() == '-')) continue;
    out += c;
    if (out.size() == kMaxName) break;
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "worker" : out;
}

}  // namespace verge::config
