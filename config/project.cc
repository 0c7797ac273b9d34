// Finding the files of a project. What is in them is the business of the readers and of the checker.
#include "config/project.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <format>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>

#include "config/checker.h"
#include "config/dotenv.h"
#include "config/value.h"

namespace verge::config {
namespace {

namespace fs = std::filesystem;

using Problems = std::vector<Problem>;

// In wrangler's order of preference.
constexpr std::array<std::string_view, 3> kConfigNames = {"wrangler.json", "wrangler.jsonc", "wrangler.toml"};
constexpr std::array<std::string_view, 11> kScriptNames = {
    "index.js",      "index.mjs", "worker.js", "worker.mjs",   "src/index.js", "src/worker.js",
    "src/index.mjs", "index.ts",  "worker.ts", "src/index.ts", "src/worker.ts"};

std::unexpected<Problems> Fail(std::string file, std::string message) {
  return std::unexpected(Problems{{std::move(file), 0, 0, std::move(message)}});
}
std::unexpected<Problems> Fail(Problem problem) { return std::unexpected(Problems{std::move(problem)}); }

// Only regular files, opened without blocking: a FIFO of the right name must not hang the program.
std::expected<std::string, std::string> ReadFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return std::unexpected(std::string("cannot be read: ") + std::strerror(errno));
  struct Closer {
    int fd;
    ~Closer() { ::close(fd); }
  } closer{fd};
  struct stat status;
  if (::fstat(fd, &status) != 0) return std::unexpected(std::string("cannot be read: ") + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return std::unexpected("cannot be read: it is not a regular file");
  std::string out(kMaxFileBytes + 1, '\0');
  size_t size = 0;
  while (size < out.size()) {
    const ssize_t n = ::read(fd, out.data() + size, out.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(std::string("cannot be read: ") + std::strerror(errno));
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  if (size > kMaxFileBytes) return std::unexpected(std::format("is larger than {} bytes", kMaxFileBytes));
  out.resize(size);
  return out;
}

// The path without symbolic links, or "" when there is no such file.
std::string RealPath(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  return real == nullptr ? "" : real.get();
}

bool IsFile(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}
bool IsDirectory(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// `name` below `directory` the way a user would write it: "" is the current directory.
std::string Join(const std::string& directory, std::string_view name) {
  return (fs::path(directory) / name).lexically_normal().string();
}

std::string DirectoryOf(const std::string& path) { return fs::path(path).parent_path().string(); }

// Whether a real path is below a real directory.
bool IsWithin(std::string_view path, std::string_view directory) {
  if (directory == "/") return true;
  return path.starts_with(directory) && path.size() > directory.size() && path[directory.size()] == '/';
}

std::string_view Extension(std::string_view path) {
  const size_t slash = path.rfind('/');
  const std::string_view file = slash == std::string_view::npos ? path : path.substr(slash + 1);
  const size_t dot = file.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : file.substr(dot);
}

bool IsConfiguration(std::string_view path) {
  const std::string_view extension = Extension(path);
  return extension == ".toml" || extension == ".json" || extension == ".jsonc";
}

Syntax SyntaxOf(std::string_view path) { return Extension(path) == ".toml" ? Syntax::kToml : Syntax::kJson; }

// Names that say nothing about a worker; its folder's is better.
std::string NameOfScript(const std::string& real_path) {
  const fs::path path(real_path);
  const std::string stem = path.stem().string();
  if (stem != "index" && stem != "main" && stem != "worker") return NameFrom(stem);
  fs::path folder = path.parent_path();
  if (folder.filename() == "src" || folder.filename() == "dist") folder = folder.parent_path();
  return NameFrom(folder.filename().string());
}

std::expected<Document, Problem> ReadDocument(const std::string& path) {
  const auto text = ReadFile(path);
  if (!text) return std::unexpected(Problem{path, 0, 0, text.error()});
  return SyntaxOf(path) == Syntax::kToml ? ReadToml(*text, path) : ReadJsonc(*text, path);
}

void SetTextVar(std::string_view name, std::string_view text, std::unordered_map<std::string, size_t>* index,
                std::vector<Var>* vars) {
  const auto [found, added] = index->try_emplace(std::string(name), vars->size());
  if (added) vars->emplace_back();
  (*vars)[found->second] = {std::string(name), JsonString(text), true, std::string(text)};
}

class Loader {
 public:
  explicit Loader(const LoadOptions& options) : options_(options) {}

  std::expected<LoadResult, Problems> Load() {
    if (options_.path.find('\0') != std::string::npos) return Fail(options_.path, "a path with a zero byte");
    // "" and "." are one directory, whose files go by their bare names.
    const std::string path = options_.path.empty() ? "." : options_.path;
    if (IsDirectory(path)) return LoadDirectory(path == "." ? "" : path);
    if (RealPath(path).empty()) return Fail(path, "there is no such file or directory");
    if (IsConfiguration(path)) return LoadConfiguration(path, ReadDocument(path));
    return LoadScript(path);
  }

 private:
  std::expected<LoadResult, Problems> LoadDirectory(const std::string& directory) {
    std::string chosen;
    for (const std::string_view name : kConfigNames) {
      const std::string path = Join(directory, name);
      if (RealPath(path).empty()) continue;
      if (chosen.empty()) {
        chosen = path;
      } else {
        out_.warnings.push_back({path, 0, 0, std::format("this file is ignored, because there is {}", Quoted(chosen))});
      }
    }
    if (!chosen.empty()) return LoadConfiguration(chosen, ReadDocument(chosen));

    const std::string root = RealPath(directory.empty() ? "." : directory);
    for (const std::string_view name : kScriptNames) {
      const std::string path = Join(directory, name);
      if (!IsFile(path)) continue;
      const std::string real = RealPath(path);
      return Finish(path, IsWithin(real, root) ? root : DirectoryOf(real), real,
                    NameFrom(fs::path(root).filename().string()));
    }
    std::string looked_for;
    for (const auto& names : {std::span<const std::string_view>(kConfigNames), {kScriptNames}}) {
      for (const std::string_view name : names) looked_for += (looked_for.empty() ? "" : ", ") + std::string(name);
    }
    return Fail(directory.empty() ? "." : directory, "there is no worker here; looked for " + looked_for);
  }

  // A script on its own. The configuration beside it counts only when it is this script's.
  std::expected<LoadResult, Problems> LoadScript(const std::string& path) {
    const std::string real = RealPath(path);
    if (!IsFile(real)) return Fail(path, "this is not a regular file");
    for (const std::string_view name : kConfigNames) {
      const std::string config = Join(DirectoryOf(path), name);
      if (RealPath(config).empty()) continue;
      auto document = ReadDocument(config);
      // One that cannot be read might be meant for this script: better to say so than to run without it.
      if (!document) return Fail(std::move(document.error()));
      const std::string_view main = MainOf(*document, options_.env);
      if (!main.empty() && main.find('\0') == std::string_view::npos &&
          RealPath(Join(DirectoryOf(config), main)) == real) {
        return LoadConfiguration(config, std::move(document));
      }
      break;
    }
    return Finish(path, DirectoryOf(real), real, NameOfScript(real));
  }

  // Without a configuration.
  std::expected<LoadResult, Problems> Finish(const std::string& shown, std::string root, std::string main,
                                             std::string name) {
    WorkerConfig& worker = out_.worker;
    worker.name = std::move(name);
    worker.root = std::move(root);
    worker.main = std::move(main);
    const auto rules = DefaultModuleRules();
    worker.rules.assign(rules.begin(), rules.end());
    if (!options_.env.empty()) {
      out_.warnings.push_back(
          {shown, 0, 0, std::format("there is no configuration, hence no environment {}", Quoted(options_.env))});
    }
    if (!MainIsScript()) {
      return Fail(
          shown,
          "this is neither a script (.js, .mjs, .cjs, .ts, .tsx, .jsx) nor a configuration (.toml, .json, .jsonc)");
    }
    return AddVars(DirectoryOf(shown));
  }

  std::expected<LoadResult, Problems> LoadConfiguration(const std::string& path,
                                                        std::expected<Document, Problem> document) {
    if (!document) return Fail(std::move(document.error()));
    const std::string source = RealPath(path);
    const std::string folder = DirectoryOf(source);
    Checked checked =
        Check(*document, {path, SyntaxOf(path), options_.env, NameFrom(fs::path(folder).filename().string())});
    out_.worker = std::move(checked.worker);
    out_.worker.source = source;
    out_.warnings.insert(out_.warnings.end(), checked.warnings.begin(), checked.warnings.end());
    BundleConfig& bundle = out_.worker.bundle;
    if (!bundle.tsconfig.empty()) bundle.tsconfig = Join(folder, bundle.tsconfig);
    if (options_.build && checked.errors.empty() && !out_.worker.build.command.empty()) {
      if (auto error = options_.build(out_.worker.build, folder)) return Fail("", *std::move(error));
    }
    if (!checked.main.empty()) {
      if (auto error = SetMain(path, folder, checked.main)) {
        checked.errors.push_back({path, checked.main_at.line, checked.main_at.column, *std::move(error)});
      }
    }
    if (checked.main.empty()) out_.worker.root = folder;
    if (out_.worker.assets) {
      if (auto error = SetAssets(path, folder)) {
        const Position at = out_.worker.assets->at;
        checked.errors.push_back({path, at.line, at.column, *std::move(error)});
      }
    }
    if (!checked.errors.empty()) return std::unexpected(std::move(checked.errors));
    return AddVars(DirectoryOf(path));
  }

  // `main` is relative to the configuration. It may lead out of its folder: both belong to the same owner.
  std::optional<std::string> SetMain(const std::string& path, const std::string& folder, const std::string& main) {
    const std::string shown = Join(DirectoryOf(path), main);
    const std::string real = RealPath(Join(folder, main));
    if (real.empty()) return std::format("'main' names a file that does not exist: {}", Quoted(shown));
    if (!IsFile(real)) return std::format("'main' names something that is not a regular file: {}", Quoted(shown));
    out_.worker.main = real;
    out_.worker.root = IsWithin(real, folder) ? folder : DirectoryOf(real);
    if (!MainIsScript())
      return std::format("'main' must name a script (.js, .mjs, .cjs, .ts, .tsx, .jsx): {}", Quoted(shown));
    return std::nullopt;
  }

  // In development the folder may come later: a build makes it.
  std::optional<std::string> SetAssets(const std::string& path, const std::string& folder) {
    AssetsConfig& assets = *out_.worker.assets;
    const std::string shown = Join(DirectoryOf(path), assets.directory);
    std::string place = Join(folder, assets.directory);
    while (place.size() > 1 && place.ends_with('/')) place.pop_back();
    assets.directory = place;
    const std::string real = RealPath(place);
    if (real.empty() && options_.development) return std::nullopt;
    if (real.empty()) return std::format("'assets.directory' names a folder that does not exist: {}", Quoted(shown));
    if (!IsDirectory(real))
      return std::format("'assets.directory' names something that is not a folder: {}", Quoted(shown));
    if (options_.confined && real != folder && !IsWithin(real, folder)) {
      return std::format("'assets.directory' lies outside of the worker's folder: {}", Quoted(shown));
    }
    if (!options_.development) assets.directory = real;
    // What is in there is for everybody to read.
    if (real == folder || IsWithin(folder, real)) {
      out_.warnings.push_back({path, assets.at.line, assets.at.column,
                               std::format("the assets' folder {} has the project's own files in it, which clients can "
                                           "read; move the assets, or name the others in .assetsignore",
                                           Quoted(shown))});
    }
    return std::nullopt;
  }

  [[nodiscard]] bool MainIsScript() const {
    const WorkerConfig& worker = out_.worker;
    if (NeedsCompiling(worker.main)) return true;
    const size_t prefix = worker.root == "/" ? 1 : worker.root.size() + 1;
    const auto type = ClassifyModule(worker.rules, std::string_view(worker.main).substr(prefix));
    return type == ModuleType::kEsModule || type == ModuleType::kCommonJs;
  }

  std::expected<LoadResult, Problems> AddVars(const std::string& directory) {
    std::vector<Var>& vars = out_.worker.vars;
    std::unordered_map<std::string, size_t> index;
    for (size_t i = 0; i < vars.size(); ++i) index.emplace(vars[i].name, i);
    if (options_.development) {
      const auto local = LocalVars(directory);
      if (!local) return Fail(local.error());
      for (const auto& [name, text] : *local) SetTextVar(name, text, &index, &vars);
    }
    for (const auto& [name, text] : options_.vars) {
      if (name.empty()) return Fail("", "a variable without a name");
      SetTextVar(name, text, &index, &vars);
    }
    return std::move(out_);
  }

  // As wrangler does: .dev.vars.ENV or else .dev.vars; without either, every .env file that there is, in ascending
  // order of precedence and with references replaced.
  std::expected<std::vector<std::pair<std::string, std::string>>, Problem> LocalVars(const std::string& directory) {
    // An environment is a name, not a way to other directories.
    const bool env =
        !options_.env.empty() && options_.env.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
    for (const std::string& name : env ? std::vector<std::string>{".dev.vars." + options_.env, ".dev.vars"}
                                       : std::vector<std::string>{".dev.vars"}) {
      const std::string path = Join(directory, name);
      if (RealPath(path).empty()) continue;
      auto file = ReadVars(path);
      if (!file) return std::unexpected(std::move(file.error()));
      return std::move(file->vars);
    }
    std::vector<std::string> names = {".env", ".env.local"};
    if (env) {
      names.push_back(".env." + options_.env);
      names.push_back(".env." + options_.env + ".local");
    }
    std::vector<std::pair<std::string, std::string>> merged;
    std::unordered_map<std::string, size_t> index;
    std::string last;
    for (const std::string& name : names) {
      const std::string path = Join(directory, name);
      if (RealPath(path).empty()) continue;
      auto file = ReadVars(path);
      if (!file) return std::unexpected(std::move(file.error()));
      for (auto& [var, text] : file->vars) {
        const auto [found, added] = index.try_emplace(var, merged.size());
        if (added) merged.emplace_back(var, "");
        merged[found->second].second = std::move(text);
      }
      last = path;
    }
    if (auto expanded = ExpandVars(&merged); !expanded) {
      return std::unexpected(Problem{last, 0, 0, std::move(expanded.error())});
    }
    return merged;
  }

  std::expected<DotenvFile, Problem> ReadVars(const std::string& path) {
    const auto text = ReadFile(path);
    if (!text) return std::unexpected(Problem{path, 0, 0, text.error()});
    auto file = ReadDotenv(*text, path);
    if (file) {
      const size_t some = std::min<size_t>(file->warnings.size(), 10);
      out_.warnings.insert(out_.warnings.end(), file->warnings.begin(), file->warnings.begin() + some);
    }
    return file;
  }

  const LoadOptions& options_;
  LoadResult out_;
};

}  // namespace

std::expected<LoadResult, Problems> Load(const LoadOptions& options) { return Loader(options).Load(); }

std::string HomeFolder(const WorkerConfig& worker) {
  return fs::path(worker.source.empty() ? worker.main : worker.source).parent_path().string();
}

std::string DefaultStateFolder(const WorkerConfig& worker) {
  return (fs::path(HomeFolder(worker)) / ".verge" / "state").string();
}

}  // namespace verge::config
