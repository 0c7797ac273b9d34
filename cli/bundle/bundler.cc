#include "cli/bundle/bundler.h"

#include <simdutf.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "cli/bundle/directory_modules.h"
#include "cli/bundle/esbuild.h"
#include "cli/bundle/esbuild_log.h"
#include "cli/bundle/esbuild_service.h"
#include "config/value.h"
#include "runtime/file_url.h"

namespace verge::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMetafile = ".metafile.json";
constexpr std::string_view kMapExtension = ".map";

// What esbuild writes is as large as what it reads.
constexpr size_t kMaxValues = 10'000'000;

// A directory that is gone with this object.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::error_code error;
    fs::path parent = fs::canonical(fs::temp_directory_path(error), error);
    std::string name = (parent / "verge-bundle-XXXXXX").string();
    if (!error && mkdtemp(name.data())) path_ = name;
  }
  ~ScratchDirectory() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  // "" when it could not be made.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::optional<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

// "**/*.md" is about ".md"; "": about more than an extension.
std::string ExtensionOf(std::string_view glob) {
  size_t star = glob.rfind('*');
  if (star == std::string_view::npos) return {};
  std::string_view extension = glob.substr(star + 1);
  bool plain = extension.starts_with('.') && extension.find_first_of("/?[]") == std::string_view::npos;
  return plain ? std::string(extension) : std::string();
}

// Files that are no JavaScript stay files of their own, which the rules then look at as ever. They keep their names.
void AddLoaders(const std::vector<config::ModuleRule>& rules, std::vector<std::string>* command) {
  std::set<std::string> seen = {".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"};
  for (std::string_view script : {".js", ".mjs", ".cjs"}) {
    command->push_back("--loader:" + std::string(script) + "=jsx");  // as wrangler has it
  }
  for (const config::ModuleRule& rule : rules) {
    for (const std::string& glob : rule.globs) {
      std::string extension = ExtensionOf(glob);
      if (extension.empty() || !seen.insert(extension).second) continue;
      const char* loader = "copy";
      if (rule.type == config::ModuleType::kEsModule || rule.type == config::ModuleType::kCommonJs) loader = "js";
      if (rule.type == config::ModuleType::kJson) loader = "json";
      command->push_back("--loader:" + extension + "=" + loader);
    }
  }
}

std::vector<std::string> CommandOf(const BundleOptions& options, const std::string& out) {
  std::vector<std::string> command = {
      options.esbuild,
      "./" + options.main,
      "--bundle",
      "--format=esm",
      // As wrangler resolves packages.
      "--platform=neutral",
      "--main-fields=browser,module,main",
      "--conditions=workerd,worker,browser",
      "--target=esnext",
      // What V8 does not have yet.
      "--supported:decorators=false",
      "--supported:using=false",
      "--outdir=" + out,
      "--outbase=.",
      "--asset-names=[dir]/[name]",
      "--sourcemap=external",
      "--sources-content=false",
      "--metafile=" + out + "/" + std::string(kMetafile),
      "--log-level=warning",
      "--log-limit=20",
      "--color=false",
      "--external:node:*",
      "--external:cloudflare:*",
  };
  for (std::string_view name : options.builtin_modules) {
    // Those of Node.js without their prefix.
    if (size_t colon = name.find(':'); name.starts_with("node:")) {
      command.push_back("--external:" + std::string(name.substr(colon + 1)));
    }
  }
  if (!options.node_env.empty()) {
    command.push_back("--define:process.env.NODE_ENV=" + config::JsonString(options.node_env));
  }
  AddLoaders(options.rules, &command);
  return command;
}

// Whether an input is the worker's own, or of a package that is installed for it.
bool BelongsTo(const std::string& root, const fs::path& input) {
  fs::path relative = input.lexically_relative(root);
  if (relative.empty()) return false;
  auto part = relative.begin();
  while (part != relative.end() && *part == "..") ++part;
  return part == relative.begin() || (part != relative.end() && *part == "node_modules");
}

std::optional<std::string> CheckInputs(const BundleOptions& options, const std::optional<std::string>& text) {
  auto document = text ? config::ReadJsonc(*text, "esbuild's report", kMaxValues)
                       : std::unexpected(config::Problem{{}, 0, 0, "esbuild left no report"});
  const config::Value* inputs = document ? document->root.Find("inputs") : nullptr;
  if (!inputs) return "cannot tell what was bundled: " + (document ? "no inputs" : document.error().ToString());
  for (const config::Member& input : inputs->members) {
    // Behind the path there may be a query, a fragment or import attributes.
    std::string name = input.name.substr(0, input.name.find(" with {"));
    if (name.find(':') != std::string::npos && !name.starts_with('/') && !name.starts_with('.')) {
      name.clear();  // "(disabled):…" and the like are no files; a real one with a colon is refused
      if (input.name.starts_with("(disabled):")) continue;
    }
    fs::path path = (fs::path(options.root) / name).lexically_normal();
    if (name.empty() || !BelongsTo(options.root, path)) {
      return options.main + ": the import of \"" + input.name + "\" leads out of the worker's directory";
    }
  }
  return std::nullopt;
}

// A map as a data: URL, with the text of all sources: a debugger need not have the files.
std::string MapUrl(const BundleOptions& options, const std::vector<std::string>& names, const std::string& mappings) {
  std::string sources;
  std::string contents;
  for (const std::string& name : names) {
    if (!sources.empty()) sources += ',', contents += ',';
    const std::string path = (fs::path(options.root) / name).lexically_normal().string();
    sources += config::JsonString(runtime::FileUrl(path));
    const auto text = ReadWhole(path);
    contents += text ? config::JsonString(*text) : "null";
  }
  const std::string json = "{\"version\":3,\"names\":[],\"sources\":[" + sources + "],\"sourcesContent\":[" + contents +
                           "],\"mappings\":" + config::JsonString(mappings) + "}";
  std::string url = "data:application/json;base64,";
  const size_t head = url.size();
  url.resize(head + simdutf::base64_length_from_binary(json.size()));
  simdutf::binary_to_base64(json.data(), json.size(), url.data() + head);
  return url;
}

// The map of a file that was written to `file`, with sources named from the root.
std::shared_ptr<const runtime::SourceMap> ReadSourceMap(const BundleOptions& options, const fs::path& file,
                                                        const std::optional<std::string>& text) {
  if (!text) return nullptr;
  auto document = config::ReadJsonc(*text, "source map", kMaxValues);
  if (!document) return nullptr;
  const config::Value* sources = document->root.Find("sources");
  const config::Value* mappings = document->root.Find("mappings");
  if (!sources || !mappings) return nullptr;
  std::vector<std::string> names;
  for (const config::Value& source : sources->items) {
    fs::path path = (file.parent_path() / source.text).lexically_normal();
    names.push_back(path.lexically_relative(options.root).string());
  }
  std::string url;
  if (options.debugger) url = MapUrl(options, names, mappings->text);
  return std::make_shared<runtime::SourceMap>(std::move(names), mappings->text, std::move(url));
}

// An empty result is an error without words.
std::string Join(const std::vector<EsbuildMessage>& messages, bool errors) {
  std::string text;
  for (const EsbuildMessage& message : messages) {
    if (message.is_error != errors) continue;
    if (!text.empty()) text += '\n';
    text += message.text;
  }
  return text;
}

}  // namespace

std::expected<Bundle, std::string> MakeBundle(const BundleOptions& options) {
  ScratchDirectory scratch;
  if (scratch.path().empty())
    return std::unexpected(std::string("cannot make a temporary directory: ") + std::strerror(errno));
  auto run = RunProgram(CommandOf(options, scratch.path()), options.root);
  if (!run) return std::unexpected("cannot run esbuild: " + run.error());
  std::vector<EsbuildMessage> messages = ParseEsbuildLog(run->errors);
  if (!run->ok) {
    std::string errors = Join(messages, true);
    return std::unexpected(errors.empty() ? options.main + ": esbuild failed: " + run->errors : errors);
  }
  Bundle bundle;
  for (const EsbuildMessage& message : messages) {
    if (!message.is_error) bundle.warnings.push_back(message.text);
  }
  if (options.confined) {
    if (auto error = CheckInputs(options, ReadWhole(scratch.path() + "/" + std::string(kMetafile))))
      return std::unexpected(*error);
  }
  bundle.main = fs::path(options.main).replace_extension(".js").string();
  DirectoryModules classifier(scratch.path(), options.rules);
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(scratch.path(), error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    std::string name = it->path().lexically_relative(scratch.path()).string();
    if (!it->is_regular_file(error) || name == kMetafile) continue;
    if (name == bundle.main) {
      auto module = std::make_shared<runtime::ModuleFile>();
      auto text = ReadWhole(it->path().string());
      if (!text) return std::unexpected("cannot read what esbuild has written");
      module->content = *std::move(text);
      module->source_map =
          ReadSourceMap(options, it->path(), ReadWhole(it->path().string() + std::string(kMapExtension)));
      bundle.files.emplace(name, std::move(module));
    } else if (!name.ends_with(kMapExtension)) {
      auto file = classifier.Load(name);
      if (!file) return std::unexpected(name + ": " + file.error());
      bundle.files.emplace(name, *file);
    }
  }
  if (!bundle.files.contains(bundle.main)) return std::unexpected(options.main + ": esbuild has written no module");
  return bundle;
}

std::expected<Bundle, std::string> MakeBundle(const BundleOptions& options, Esbuild& esbuild) {
  // Never written to, but what names in source maps and of files are relative to.
  static constexpr std::string_view kOut = "/verge-bundle";
  EsbuildRequest request{options.root, "./" + options.main, {}};
  for (std::string& argument : CommandOf(options, std::string(kOut))) {
    if (!argument.starts_with("--")) continue;  // the program and the entry
    if (argument.starts_with("--metafile=")) argument = "--metafile";
    if (argument.starts_with("--log-level=")) argument = "--log-level=silent";
    request.flags.push_back(std::move(argument));
  }
  auto built = esbuild.Build(request);
  if (!built) return std::unexpected("cannot run esbuild: " + built.error());
  if (std::string errors = Join(built->messages, true); !errors.empty()) return std::unexpected(errors);
  Bundle bundle;
  for (const EsbuildMessage& message : built->messages) bundle.warnings.push_back(message.text);
  if (options.confined) {
    if (auto error = CheckInputs(options, built->metafile)) return std::unexpected(*error);
  }
  bundle.main = fs::path(options.main).replace_extension(".js").string();
  std::optional<std::string> map;
  for (const auto& [path, content] : built->files) {
    if (path == (fs::path(kOut) / (bundle.main + std::string(kMapExtension))).string()) map = content;
  }
  for (auto& [path, content] : built->files) {
    std::string name = fs::path(path).lexically_relative(kOut).string();
    if (name != bundle.main && name.ends_with(kMapExtension)) continue;
    auto module = std::make_shared<runtime::ModuleFile>();
    if (name == bundle.main) {
      module->source_map = ReadSourceMap(options, path, map);
    } else {
      auto type = config::ClassifyModule(options.rules, name);
      if (!type) return std::unexpected(name + ": no rule says what kind of module it is; add one to \"rules\"");
      module->type = ModuleTypeOf(*type);
    }
    module->content = std::move(content);
    bundle.files.emplace(name, std::move(module));
  }
  if (!bundle.files.contains(bundle.main)) return std::unexpected(options.main + ": esbuild has made no module");
  return bundle;
}

}  // namespace verge::cli
