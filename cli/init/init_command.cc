#include "cli/init/init_command.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <expected>
#include <filesystem>
#include <format>
#include <string>
#include <utility>
#include <vector>

#include "cli/init/templates.h"
#include "cli/options/options.h"
#include "cli/types/types_command.h"
#include "config/problem.h"
#include "config/suggest.h"

namespace verge::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHelp =
    "Writes the beginning of a project, which verge dev runs as it is. Nothing that is\n"
    "there already is touched.\n"
    "\n"
    "Usage: verge init [TEMPLATE] [DIR]\n"
    "\n"
    "Templates:\n"
    "  hello                    JavaScript, one file\n"
    "  typescript               the same in TypeScript, with types and a tsconfig.json\n"
    "  api                      TypeScript: a JSON API on a D1 database, with a migration,\n"
    "                           and a KV namespace\n"
    "  cache                    answers from the cache, made anew in the background\n"
    "\n"
    "  TEMPLATE                 Default: hello\n"
    "  DIR                      the project's folder, which also gives it its name; made\n"
    "                           when it is not there. Default: the current one\n"
    "\n"
    "Options:\n"
    "  -h, --help               show this help and exit\n"
    "\n"
    "Examples:\n"
    "  verge init my-worker && cd my-worker && verge dev\n"
    "  verge init api notes\n";

constexpr std::string_view kDefaultTemplate = "hello";
constexpr std::string_view kPlaceholder = "NAME";
constexpr size_t kMaxName = 63;

int Fail(std::string_view message) {
  std::fprintf(stderr, "verge init: %.*s\n", static_cast<int>(message.size()), message.data());
  return kUsageExitCode;
}

const Template* Find(std::string_view name) {
  const auto found = std::ranges::find(kTemplates, name, &Template::name);
  return found == kTemplates.end() ? nullptr : &*found;
}

// A folder's name as a worker's: lower-case letters, digits and dashes.
std::string NameOf(const fs::path& folder) {
  std::string name;
  for (char c : folder.filename().string()) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  name = name.substr(0, kMaxName);
  while (name.ends_with('-')) name.pop_back();
  return name.empty() ? "worker" : name;
}

std::string Fill(std::string_view text, std::string_view name) {
  std::string out;
  for (size_t at = 0;;) {
    const size_t found = text.find(kPlaceholder, at);
    out += text.substr(at, found - at);
    if (found == std::string_view::npos) return out;
    out += name;
    at = found + kPlaceholder.size();
  }
}

// Only a file that is not there.
std::expected<void, std::string> WriteNew(const fs::path& path, std::string_view text) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) return std::unexpected("cannot write " + path.string() + ": " + std::strerror(errno));
  bool good = true;
  while (good && !text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    good = written > 0;
    if (good) text.remove_prefix(static_cast<size_t>(written));
  }
  const int reason = errno;
  close(file);
  if (!good) return std::unexpected("cannot write " + path.string() + ": " + std::strerror(reason));
  return {};
}

struct Arguments {
  const Template* chosen = Find(kDefaultTemplate);
  std::string folder;
  bool help = false;
};

std::expected<Arguments, std::string> ParseArguments(std::span<const char* const> args) {
  Arguments arguments;
  std::vector<std::string_view> words;
  for (std::string_view arg : args) {
    if (arg == "-h" || arg == "--help") {
      arguments.help = true;
    } else if (arg.starts_with('-')) {
      return std::unexpected(std::format("unknown option {} (see verge init --help)", config::Quoted(arg)));
    } else {
      words.push_back(arg);
    }
  }
  if (words.size() > 2) {
    return std::unexpected(std::format("unexpected argument {} (see verge init --help)", config::Quoted(words[2])));
  }
  if (!words.empty() && Find(words[0])) {
    arguments.chosen = Find(words[0]);
    words.erase(words.begin());
  } else if (words.size() == 2) {
    std::vector<std::string_view> names;
    std::string list;
    for (const Template& each : kTemplates) {
      names.push_back(each.name);
      list += (list.empty() ? "" : ", ") + std::string(each.name);
    }
    return std::unexpected(std::format("unknown template {}; there are {}{}", config::Quoted(words[0]), list,
                                       config::DidYouMean(words[0], names)));
  }
  if (!words.empty()) arguments.folder = words[0];
  return arguments;
}

}  // namespace

int InitCommand(std::span<const char* const> args) {
  auto arguments = ParseArguments(args);
  if (!arguments) return Fail(arguments.error());
  if (arguments->help) {
    std::fputs(std::string(kHelp).c_str(), stdout);
    return 0;
  }
  std::error_code error;
  fs::path folder = fs::absolute(arguments->folder.empty() ? "." : arguments->folder, error).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  std::string there;
  bool typed = false;
  for (const TemplateFile& file : arguments->chosen->files) {
    if (fs::exists(fs::symlink_status(folder / file.path, error)))
      there += (there.empty() ? "" : ", ") + std::string(file.path);
    typed = typed || file.path == "tsconfig.json";
  }
  if (!there.empty()) {
    return Fail(std::format("{} has {} already; nothing was written. Name another folder: verge init {} DIR",
                            folder.string(), there, arguments->chosen->name));
  }
  const std::string name = NameOf(folder);
  for (const TemplateFile& file : arguments->chosen->files) {
    if (auto written = WriteNew(folder / file.path, Fill(file.text, name)); !written) return Fail(written.error());
    std::printf("wrote %s\n", (fs::path(arguments->folder) / file.path).c_str());
  }
  if (typed) {
    auto types = MakeTypes(folder.string(), nullptr);
    if (!types) return Fail(types.error());
    if (auto written = WriteNew(folder / kTypesFile, *types); !written) return Fail(written.error());
    std::printf("wrote %s\n", (fs::path(arguments->folder) / kTypesFile).c_str());
  }
  std::printf("\nNext:\n");
  if (fs::path(arguments->folder).has_filename() && arguments->folder != ".")
    std::printf("  cd %s\n", arguments->folder.c_str());
  const bool migrations = std::ranges::any_of(
      arguments->chosen->files, [](const TemplateFile& file) { return file.path.starts_with("migrations/"); });
  if (migrations) std::printf("  verge d1 migrations apply DB\n");
  std::printf("  verge dev\n");
  return 0;
}

std::string_view InitHelp() { return kHelp; }

}  // namespace verge::cli
