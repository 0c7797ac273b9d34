#include "cli/cache/cache_arguments.h"

#include <format>
#include <utility>

#include "config/problem.h"
#include "config/suggest.h"

namespace verge::cli {
namespace {

using config::Quoted;

constexpr std::string_view kActions[] = {"purge", "stats"};

constexpr uint32_t Bit(CacheAction action) { return 1u << static_cast<unsigned>(action); }
constexpr uint32_t kPurge = Bit(CacheAction::kPurge);
constexpr uint32_t kStats = Bit(CacheAction::kStats);
constexpr uint32_t kBoth = kPurge | kStats;

struct Flag {
  std::string_view name;
  std::string_view alias;
  bool CacheArguments::* sets = nullptr;                      // a switch
  std::string CacheArguments::* value = nullptr;              // takes a value
  std::vector<std::string> CacheArguments::* list = nullptr;  // takes a value, more than once
  uint32_t actions = kBoth;
};

constexpr Flag kFlags[] = {
    {.name = "--everything", .alias = "", .sets = &CacheArguments::everything, .actions = kPurge},
    {.name = "--tag", .alias = "-t", .list = &CacheArguments::tags, .actions = kPurge},
    {.name = "--prefix", .alias = "-p", .list = &CacheArguments::prefixes, .actions = kPurge},
    {.name = "--soft", .alias = "", .sets = &CacheArguments::soft, .actions = kPurge},
    {.name = "--worker", .alias = "-w", .list = &CacheArguments::workers, .actions = kPurge},
    {.name = "--json", .alias = "", .sets = &CacheArguments::json},
    {.name = "--config", .alias = "-c", .value = &CacheArguments::config},
    {.name = "--env", .alias = "-e", .value = &CacheArguments::env},
    {.name = "--data", .alias = "--persist-to", .value = &CacheArguments::data},
};

std::string_view NameOf(CacheAction action) {
  switch (action) {
    case CacheAction::kPurge:
      return "purge";
    case CacheAction::kStats:
      return "stats";
    case CacheAction::kHelp:
      break;
  }
  return "";
}

class Parser {
 public:
  explicit Parser(std::span<const char* const> args) : args_(args) {}

  std::expected<CacheArguments, std::string> Run() {
    while (next_ < args_.size()) {
      const std::string_view arg = args_[next_++];
      if (arg == "--help" || arg == "-h") {
        out_.help_about = std::exchange(out_.action, CacheAction::kHelp);
        return std::move(out_);
      }
      if (!(arg.starts_with('-') ? TakeFlag(arg) : TakeOperand(arg))) return std::unexpected(std::move(error_));
    }
    if (out_.action == CacheAction::kPurge) {
      const bool some = !out_.tags.empty() || !out_.prefixes.empty();
      if (!out_.everything && !some) Fail("what is to be purged? Give --tag NAME, --prefix URL or --everything");
      if (out_.everything && some) Fail("--everything leaves nothing for --tag and --prefix");
    }
    if (!error_.empty()) return std::unexpected(std::move(error_));
    return std::move(out_);
  }

 private:
  bool Fail(std::string_view message) {
    const std::string_view name = NameOf(out_.action);
    error_ = std::format("verge: {} (see verge cache {}{}--help)", message, name, name.empty() ? "" : " ");
    return false;
  }

  bool TakeOperand(std::string_view arg) {
    if (out_.action != CacheAction::kHelp) {
      return Fail(std::format("unexpected argument {}; what to purge is given with --tag, --prefix or --everything",
                              Quoted(arg)));
    }
    for (const CacheAction each : {CacheAction::kPurge, CacheAction::kStats}) {
      if (NameOf(each) == arg) out_.action = each;
    }
    if (out_.action != CacheAction::kHelp) return true;
    return Fail(
        std::format("unknown command {}{}", Quoted("cache " + std::string(arg)), config::DidYouMean(arg, kActions)));
  }

  bool TakeFlag(std::string_view arg) {
    const size_t sign = arg.starts_with("--") ? arg.find('=') : std::string_view::npos;
    const std::string_view name = arg.substr(0, sign);
    const Flag* flag = nullptr;
    std::vector<std::string_view> names;
    for (const Flag& each : kFlags) {
      if (out_.action != CacheAction::kHelp && (each.actions & Bit(out_.action)) == 0) continue;
      names.push_back(each.name);
      if (each.name == name || (!each.alias.empty() && each.alias == name)) flag = &each;
    }
    if (!flag) return Fail(std::format("unknown option {}{}", Quoted(name), config::DidYouMean(name, names)));
    if (flag->sets) {
      if (sign != std::string_view::npos) return Fail(std::format("{} takes no value", name));
      out_.*(flag->sets) = true;
      return true;
    }
    std::string_view value;
    if (sign != std::string_view::npos) {
      value = arg.substr(sign + 1);
    } else if (next_ < args_.size()) {
      value = args_[next_++];
    } else {
      return Fail(std::format("{} needs a value", name));
    }
    if (value.empty() && flag->name != "--env") return Fail(std::format("{} must not be empty", name));
    if (flag->value) {
      out_.*(flag->value) = value;
    } else {
      (out_.*(flag->list)).emplace_back(value);
    }
    return true;
  }

  std::span<const char* const> args_;
  size_t next_ = 0;
  CacheArguments out_;
  std::string error_;
};

constexpr std::string_view kCommonOptions =
    "      --json               for programs: what the server says\n"
    "  -c, --config PATH        configuration, script or folder that the server was\n"
    "                           started with. Default: the current directory\n"
    "  -e, --env NAME           environment of the configuration\n"
    "      --data, --persist-to DIR\n"
    "                           the server's folder for what workers store. Default:\n"
    "                           .verge/state beside the configuration\n"
    "  -h, --help               show this help and exit\n";

constexpr std::string_view kExitCodes =
    "\nExit codes:\n"
    "  0  it did what it was asked to\n"
    "  1  it could not: no server runs on that data, or no worker of that name\n"
    "  2  a wrong command line or configuration\n";

}  // namespace

std::expected<CacheArguments, std::string> ParseCacheArguments(std::span<const char* const> args) {
  return Parser(args).Run();
}

std::string CacheHelp(CacheAction about) {
  std::string out;
  switch (about) {
    case CacheAction::kPurge:
      out =
          "Removes what is cached of workers: answers kept in front of them, by their\n"
          "fetch(), and by their Cache API (caches.default and caches.open). Takes effect\n"
          "at once, also for answers that are on their way from an origin.\n"
          "\n"
          "Usage: verge cache purge (--tag NAME | --prefix URL)... [OPTIONS]\n"
          "       verge cache purge --everything [OPTIONS]\n"
          "\n"
          "Options:\n"
          "  -t, --tag NAME           what has this tag in its Cache-Tag header, in any case.\n"
          "                           May be given more than once\n"
          "  -p, --prefix URL         what has a URL that begins so: https://example.com/a,\n"
          "                           example.com/a; of what is kept in front of a worker the\n"
          "                           path alone: /a. May be given more than once\n"
          "      --everything         all of it\n"
          "      --soft               keep it, as stale: it is revalidated before it is used,\n"
          "                           or meanwhile, as its stale-while-revalidate allows\n"
          "  -w, --worker NAME        only of this worker. May be given more than once.\n"
          "                           Default: of all workers\n";
      out += kCommonOptions;
      out +=
          "\nExamples:\n"
          "  verge cache purge --tag article-17 --tag front-page\n"
          "  verge cache purge --prefix example.com/images/ --soft\n"
          "  verge cache purge --everything --worker api --data /var/lib/verge\n";
      break;
    case CacheAction::kStats:
      out =
          "Shows what the cache of a running server holds and has done since its start.\n"
          "\n"
          "Usage: verge cache stats [OPTIONS]\n"
          "\n"
          "Options:\n";
      out += kCommonOptions;
      out +=
          "\nWhat the numbers are:\n"
          "  hits, disk_hits          answers found in memory, and on disk\n"
          "  misses                   looked for and not there\n"
          "  stale                    answers that were used while, or because, they could\n"
          "                           not be refreshed first\n"
          "  stores, refused          kept, and not kept for want of room\n"
          "  evictions                given up for others, in memory (disk_: on disk)\n"
          "  disk_failures, corrupt   writes that failed; files that were damaged, and\n"
          "                           removed\n"
          "\nExample:\n"
          "  verge cache stats --data /var/lib/verge\n";
      break;
    case CacheAction::kHelp:
      return "Looks after the cache of a running `verge serve` or `verge dev`.\n"
             "\n"
             "Usage: verge cache COMMAND [OPTIONS]\n"
             "\n"
             "Commands:\n"
             "  verge cache purge        remove what is cached: by tag, by URL prefix, or all\n"
             "  verge cache stats        what it holds, and how often it helped\n"
             "\n"
             "`verge cache COMMAND --help` says more. The server is found by its data folder:\n"
             "start the command where the server was started, or name the folder with --data.\n"
             "A worker purges its own entries with ctx.cache.purge().\n";
  }
  out += kExitCodes;
  return out;
}

}  // namespace verge::cli
