#include "cli/kv/kv_options.h"

#include <algorithm>
#include <charconv>
#include <format>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/kv/json_output.h"
#include "config/problem.h"
#include "config/suggest.h"

namespace verge::cli {
namespace {

using config::Quoted;
using enum KvCommand;

struct CommandName {
  KvCommand command;
  std::string_view group;
  std::string_view verb;
  std::string_view full;
};
constexpr CommandName kCommands[] = {
    {kKeyPut, "key", "put", "key put"},
    {kKeyGet, "key", "get", "key get"},
    {kKeyList, "key", "list", "key list"},
    {kKeyDelete, "key", "delete", "key delete"},
    {kBulkPut, "bulk", "put", "bulk put"},
    {kBulkGet, "bulk", "get", "bulk get"},
    {kBulkDelete, "bulk", "delete", "bulk delete"},
    {kNamespaceList, "namespace", "list", "namespace list"},
};
constexpr std::string_view kGroups[] = {"key", "bulk", "namespace"};

constexpr uint32_t Bit(KvCommand command) { return 1u << static_cast<unsigned>(command); }
constexpr uint32_t kWithNamespace =
    Bit(kKeyPut) | Bit(kKeyGet) | Bit(kKeyList) | Bit(kKeyDelete) | Bit(kBulkPut) | Bit(kBulkGet) | Bit(kBulkDelete);
constexpr uint32_t kAll = ~0u;

using Wrong = std::optional<std::string>;

Wrong Number(std::string_view value, std::optional<int64_t>* out) {
  int64_t number = 0;
  const char* end = value.data() + value.size();
  auto [rest, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || rest != end) return "a whole number of seconds";
  *out = number;
  return {};
}

struct Flag {
  std::string_view name;
  std::string_view alias;
  bool has_value;
  uint32_t commands;
  Wrong (*apply)(std::string_view value, KvOptions* options);
};

constexpr Flag kFlags[] = {
    {"--binding", "", true, kWithNamespace,
     [](std::string_view value, KvOptions* out) -> Wrong {
       out->binding = value;
       return value.empty() ? Wrong("the name of a binding") : Wrong();
     }},
    {"--namespace-id", "", true, kWithNamespace,
     [](std::string_view value, KvOptions* out) -> Wrong {
       out->namespace_id = value;
       return value.empty() ? Wrong("the id of a namespace") : Wrong();
     }},
    {"--preview", "", false, kWithNamespace,
     [](std::string_view value, KvOptions* out) -> Wrong {
       if (!value.empty() && value != "true" && value != "false") return "true or false";
       out->preview = value != "false";
       return {};
     }},
    {"--path", "", true, Bit(kKeyPut),
     [](std::string_view value, KvOptions* out) -> Wrong {
       out->path = value;
       return value.empty() ? Wrong("a file") : Wrong();
     }},
    {"--ttl", "", true, Bit(kKeyPut), [](std::string_view value, KvOptions* out) { return Number(value, &out->ttl); }},
    {"--expiration", "", true, Bit(kKeyPut),
     [](std::string_view value, KvOptions* out) { return Number(value, &out->expiration); }},
    {"--metadata", "", true, Bit(kKeyPut),
     [](std::string_view value, KvOptions* out) -> Wrong {
       auto parsed = ParseJsonText(value, "--metadata");
       if (!parsed || !parsed->Is(config::Value::Kind::kTable)) return "a JSON object";
       auto json = parsed->ToJson();
       if (!json) return "a JSON object";
       out->metadata = *std::move(json);
       return {};
     }},
    {"--prefix", "", true, Bit(kKeyList),
     [](std::string_view value, KvOptions* out) -> Wrong {
       out->prefix = value;
       return {};
     }},
    {"--text", "", false, Bit(kKeyGet),
     [](std::string_view, KvOptions* out) -> Wrong {
       out->text = true;
       return {};
     }},
    {"--force", "-f", false, Bit(kBulkDelete),
     [](std::string_view, KvOptions* out) -> Wrong {
       out->force = true;
       return {};
     }},
    {"--config", "-c", true, kAll,
     [](std::string_view value, KvOptions* out) -> Wrong {
       out->config = value;
       return value.empty() ? Wrong("a configuration file, a script or a folder") : Wrong();
     }},
    {"--env", "-e", true, kAll,
     [](std::string_view value, KvOptions* out) -> Wrong {
       out->env = value;
       return {};
     }},
    {"--worker", "", true, kAll,
     [](std::string_view value, KvOptions* out) -> Wrong {
       out->worker = value;
       return value.empty() ? Wrong("the name of a worker") : Wrong();
     }},
    {"--data", "--persist-to", true, kAll,
     [](std::string_view value, KvOptions* out) -> Wrong {
       out->data = value;
       return value.empty() ? Wrong("a folder") : Wrong();
     }},
    // wrangler's: what there is here is always local.
    {"--local", "", false, kAll, [](std::string_view, KvOptions*) -> Wrong { return {}; }},
};

class KvParser {
 public:
  explicit KvParser(std::span<const char* const> args) : args_(args) {}

  std::expected<KvOptions, std::string> Run() {
    while (next_ < args_.size()) {
      const std::string_view arg = args_[next_++];
      if (!only_operands_ && arg == "--") {
        only_operands_ = true;
        continue;
      }
      // A lone dash, and values that are negative numbers behind a key, are operands.
      const bool option = !only_operands_ && arg.size() > 1 && arg[0] == '-' && !(arg[1] >= '0' && arg[1] <= '9');
      if (option && (arg == "--help" || arg == "-h")) return Help();
      if (!(option ? TakeFlag(arg) : TakeOperand(arg))) return std::unexpected(std::move(error_));
    }
    if (!named_) return group_.empty() ? Help() : FailGroup();
    if (!CheckAll()) return std::unexpected(std::move(error_));
    return std::move(options_);
  }

 private:
  std::expected<KvOptions, std::string> Help() {
    options_.help_about = options_.command;
    options_.command = kHelp;
    return std::move(options_);
  }

  bool Fail(std::string_view message) {
    std::string about(named_ ? KvCommandName(options_.command) : std::string_view());
    if (!about.empty()) about += " ";
    error_ = std::format("verge: {} (see verge kv {}--help)", message, about);
    return false;
  }
  std::unexpected<std::string> FailGroup() {
    std::string verbs;
    for (const CommandName& each : kCommands) {
      if (each.group == group_) verbs += (verbs.empty() ? "" : ", ") + std::string(each.full);
    }
    Fail(std::format("kv {} needs a command: {}", group_, verbs));
    return std::unexpected(std::move(error_));
  }

  bool TakeOperand(std::string_view arg) {
    if (group_.empty()) {
      if (std::ranges::find(kGroups, arg) == std::end(kGroups)) {
        return Fail(
            std::format("unknown command {}{}", Quoted("kv " + std::string(arg)), config::DidYouMean(arg, kGroups)));
      }
      group_ = arg;
      return true;
    }
    if (!named_) {
      std::vector<std::string_view> verbs;
      for (const CommandName& each : kCommands) {
        if (each.group != group_) continue;
        verbs.push_back(each.verb);
        if (each.verb != arg) continue;
        options_.command = each.command;
        named_ = true;
        return true;
      }
      return Fail(std::format("unknown command {}{}", Quoted("kv " + group_ + " " + std::string(arg)),
                              config::DidYouMean(arg, verbs)));
    }
    const bool takes_key = options_.command != kKeyList && options_.command != kNamespaceList;
    if (takes_key && !has_key_) {
      options_.key = arg;
      has_key_ = true;
      return true;
    }
    if (options_.command == kKeyPut && !options_.value) {
      options_.value = arg;
      return true;
    }
    return Fail(std::format("unexpected argument {}", Quoted(arg)));
  }

  bool TakeFlag(std::string_view arg) {
    const size_t sign = arg.starts_with("--") ? arg.find('=') : std::string_view::npos;
    const std::string_view name = arg.substr(0, sign);
    if (name == "--remote") {
      return Fail("--remote is for accounts at Cloudflare: verge keeps what workers store on this machine");
    }
    const Flag* flag = nullptr;
    std::vector<std::string_view> names;
    for (const Flag& each : kFlags) {
      if (named_ && (each.commands & Bit(options_.command)) == 0) continue;
      names.push_back(each.name);
      if (each.name == name || (!each.alias.empty() && each.alias == name)) flag = &each;
    }
    if (flag == nullptr) {
      return Fail(std::format("unknown option {}{}", Quoted(name), config::DidYouMean(name, names)));
    }
    std::string_view value;
    if (sign != std::string_view::npos) {
      value = arg.substr(sign + 1);
      if (!flag->has_value && flag->name != "--preview") return Fail(std::format("{} takes no value", name));
    } else if (flag->has_value) {
      if (next_ == args_.size()) return Fail(std::format("{} needs a value", name));
      value = args_[next_++];
    } else if (flag->name == "--preview" && next_ < args_.size()) {
      // "--preview false", as wrangler takes it.
      const std::string_view next = args_[next_];
      if (next == "false" || next == "true") value = args_[next_++];
    }
    if (auto wrong = flag->apply(value, &options_)) {
      return Fail(std::format("{} must be {}; found {}", name, *wrong, Quoted(value)));
    }
    return true;
  }

  bool CheckAll() {
    const KvCommand command = options_.command;
    if (command != kKeyList && command != kNamespaceList && !has_key_) {
      const bool bulk = group_ == "bulk";
      return Fail(std::format("kv {} needs {}", KvCommandName(command), bulk ? "a JSON file" : "a key"));
    }
    if (command == kKeyPut && options_.value.has_value() == options_.path.has_value()) {
      return Fail(options_.value ? "a value and --path cannot be given both" : "a value is needed, or --path FILE");
    }
    if (command == kNamespaceList) return true;
    if (options_.binding.empty() == options_.namespace_id.empty()) {
      return Fail(options_.binding.empty() ? "which namespace? Give --binding NAME or --namespace-id ID"
                                           : "--binding and --namespace-id cannot be given both");
    }
    return true;
  }

  std::span<const char* const> args_;
  size_t next_ = 0;
  std::string group_;
  bool named_ = false;
  bool has_key_ = false;
  bool only_operands_ = false;
  KvOptions options_;
  std::string error_;
};

}  // namespace

std::string_view KvCommandName(KvCommand command) {
  for (const CommandName& each : kCommands) {
    if (each.command == command) return each.full;
  }
  return "";
}

std::expected<KvOptions, std::string> ParseKv(std::span<const char* const> args) { return KvParser(args).Run(); }

}  // namespace verge::cli
