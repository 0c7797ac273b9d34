#include "cli/bundle/worker_modules.h"

#include <algorithm>
#include <array>
#include <deque>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include "cli/bundle/bundler.h"
#include "cli/bundle/directory_modules.h"
#include "cli/bundle/esbuild.h"
#include "cli/bundle/esbuild_service.h"
#include "cli/bundle/import_scan.h"

namespace verge::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxScannedFiles = 10'000;

// What a bundle consists of, and behind it the directory, for what is imported by a name made up at run time.
class BundledModules final : public runtime::ModuleSource {
 public:
  BundledModules(Bundle bundle, std::shared_ptr<DirectoryModules> directory)
      : files_(std::move(bundle.files)), directory_(std::move(directory)) {}

  std::expected<std::shared_ptr<const runtime::ModuleFile>, std::string> Load(std::string_view name) override {
    if (auto found = files_.find(name); found != files_.end()) return found->second;
    if (config::NeedsCompiling(name)) {
      return std::unexpected("only TypeScript that is imported by a literal specifier is compiled");
    }
    return directory_->Load(name);
  }

  std::string Text(std::string_view name) override {
    if (auto found = files_.find(name); found != files_.end()) return found->second->content;
    return directory_->Text(name);
  }

 private:
  const std::map<std::string, std::shared_ptr<const runtime::ModuleFile>, std::less<>> files_;
  const std::shared_ptr<DirectoryModules> directory_;
};

bool IsFile(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// "lodash/fp" is of the package lodash, "@scope/name/x" of @scope/name.
std::string PackageOf(std::string_view specifier) {
  size_t end = specifier.find('/');
  if (specifier.starts_with('@') && end != std::string_view::npos) end = specifier.find('/', end + 1);
  return std::string(specifier.substr(0, end));
}

bool IsInstalled(const fs::path& directory, const std::string& package) {
  std::error_code error;
  for (fs::path folder = directory;; folder = folder.parent_path()) {
    if (fs::is_directory(folder / "node_modules" / package, error)) return true;
    if (folder == folder.root_path() || folder.empty()) return false;
  }
}

// Whether a file that is not there is meant to be found by adding to its name, or is TypeScript by its other name.
bool ResolvesLikeABundler(const fs::path& path) {
  static constexpr std::array<std::string_view, 7> kExtensions = {".ts",  ".tsx", ".mts", ".js",
                                                                  ".jsx", ".mjs", ".json"};
  for (std::string_view extension : kExtensions) {
    if (IsFile(path.string() + std::string(extension)) || IsFile(path / ("index" + std::string(extension))))
      return true;
  }
  fs::path other = path;
  if (path.extension() == ".js")
    return IsFile(other.replace_extension(".ts")) || IsFile(other.replace_extension(".tsx"));
  if (path.extension() == ".mjs") return IsFile(other.replace_extension(".mts"));
  return false;
}

// Why the worker cannot run as its files are: "the import of …". Nothing: it can, or what is wrong is for the loader to
// say.
class Scan {
 public:
  Scan(const config::WorkerConfig& worker, DirectoryModules& directory) : worker_(worker), directory_(directory) {}

  std::optional<std::string> Run(const std::string& main) {
    if (config::NeedsCompiling(main)) return main + " is TypeScript or JSX, which";
    pending_.push_back(main);
    seen_.insert(main);
    while (!pending_.empty() && seen_.size() < kMaxScannedFiles) {
      std::string name = std::move(pending_.front());
      pending_.pop_front();
      auto file = directory_.Load(name);
      if (!file || (*file)->type != runtime::ModuleType::kEsModule) continue;
      for (const std::string& specifier : ImportsOf((*file)->content)) {
        if (NeedsBundling(name, specifier)) return name + ": the import of \"" + specifier + "\"";
      }
    }
    return std::nullopt;
  }

 private:
  bool NeedsBundling(const std::string& referrer, const std::string& specifier) {
    fs::path folder = (fs::path(worker_.root) / referrer).parent_path();
    if (!specifier.starts_with("./") && !specifier.starts_with("../")) {
      // Packages; not "/from/the/root.js", "node:fs" and "https://…".
      bool bare = !specifier.empty() && !specifier.starts_with('/') && specifier.find(':') == std::string::npos;
      return bare && IsInstalled(folder, PackageOf(specifier));
    }
    fs::path path = (folder / specifier).lexically_normal();
    std::string name = path.lexically_relative(worker_.root).string();
    if (name.empty() || name.starts_with("..")) return false;
    if (!IsFile(path)) return ResolvesLikeABundler(path);
    if (config::NeedsCompiling(name)) return true;
    if (seen_.insert(name).second) pending_.push_back(name);
    return false;
  }

  const config::WorkerConfig& worker_;
  DirectoryModules& directory_;
  std::deque<std::string> pending_;
  std::set<std::string> seen_;
};

}  // namespace

std::expected<WorkerModules, std::string> LoadWorkerModules(const config::WorkerConfig& worker, bool development,
                                                            std::vector<std::string_view> builtin_modules,
                                                            std::unique_ptr<EsbuildService>* service,
                                                            Esbuild* builder) {
  std::string main = worker.main.substr(worker.root == "/" ? 1 : worker.root.size() + 1);
  auto directory = std::make_shared<DirectoryModules>(worker.root, worker.rules);
  std::optional<std::string> reason = Scan(worker, *directory).Run(main);
  if (!reason) return WorkerModules{std::move(directory), std::move(main), {}};

  BundleOptions options;
  options.esbuild = builder ? builder->program() : FindEsbuild(worker.root, development);
  if (options.esbuild.empty()) {
    return std::unexpected(*reason + " needs esbuild, and there is none on PATH" +
                           (development ? " or in node_modules/.bin" : "") +
                           "; install it (npm install --global esbuild, or apt-get install esbuild), name it in the "
                           "environment variable VERGE_ESBUILD, or bundle the worker with a tool of your own");
  }
  options.root = worker.root;
  options.main = main;
  options.rules = worker.rules;
  options.builtin_modules = std::move(builtin_modules);
  options.confined = !development;
  options.debugger = development;
  // A variable of the worker's own says it at run time.
  bool has_node_env = std::ranges::any_of(worker.vars, [](const config::Var& var) { return var.name == "NODE_ENV"; });
  if (!has_node_env) options.node_env = development ? "development" : "production";
  if (service && (!*service || (*service)->program() != options.esbuild)) {
    *service = std::make_unique<EsbuildService>(options.esbuild);
  }
  if (service) builder = service->get();
  auto bundle = builder ? MakeBundle(options, *builder) : MakeBundle(options);
  if (!bundle) return std::unexpected(bundle.error());
  WorkerModules modules;
  modules.main = bundle->main;
  modules.warnings = std::move(bundle->warnings);
  modules.source = std::make_shared<BundledModules>(*std::move(bundle), std::move(directory));
  return modules;
}

}  // namespace verge::cli
