// ES modules of one isolate: resolving, compiling, linking, evaluating, and dynamic import().
#ifndef RUNTIME_MODULE_LOADER_H_
#define RUNTIME_MODULE_LOADER_H_

#include <v8.h>

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/module_source.h"

namespace verge::runtime {

class JsEntry;
struct ExceptionReport;
class WorkerIsolate;

// What a worker's entry turned out to be.
struct EntryPoint {
  // The entry module's namespace; empty for a classic script (service-worker syntax).
  v8::Local<v8::Object> exports;
};

// Specifiers resolve like URLs against the importing module: "./a.js", "../a.js", "/a.js" from the worker's root. All
// of them stay below the root. On the isolate's thread.
class ModuleLoader {
 public:
  explicit ModuleLoader(WorkerIsolate& worker);
  ~ModuleLoader();

  // Hooks dynamic import and import.meta into the isolate.
  void Install();

  // Loads `main` and everything that it imports, and evaluates it. The error is text for a terminal: file, line,
  // column, reason, the source line. `entry` is the entry for start-up, with its budget. What to say when execution was
  // terminated during start-up: which limit it was.
  static std::string StoppedAtStart(const WorkerIsolate& worker, const std::string& main);

  std::expected<EntryPoint, std::string> Run(JsEntry& entry, std::shared_ptr<ModuleSource> source,
                                             std::string_view main);

  // Compiled code of the modules for those that want it: what functions have run so far are in it. In the isolate. What
  // it gives is to be called, on any thread.
  std::vector<std::function<void()>> OfferCode();

  // Puts places in sources where a report or a stack names places in what was compiled from them.
  void MapPlaces(ExceptionReport* report) const;
  // The lines `first` to `last` of a source, as far as there are such: for people.
  std::vector<std::string> SourceLines(std::string_view name, int first, int last) const;
  [[nodiscard]] std::string MapStack(std::string_view stack) const;
  [[nodiscard]] bool has_source_maps() const { return !maps_.empty(); }

 private:
  struct Record {
    std::string name;
    v8::Global<v8::Module> module;
    v8::Global<v8::Value> value;  // of text, data, JSON and WebAssembly: the default export
    bool builtin = false;         // `value` is an object with the exports
  };

  std::string Resolve(std::string_view specifier, std::string_view referrer) const;
  // The module, compiled but not linked. Throws in V8 when it fails.
  v8::MaybeLocal<v8::Module> Get(v8::Local<v8::Context> context, std::string_view specifier, std::string_view referrer,
                                 v8::Local<v8::FixedArray> attributes, bool attributes_have_offsets);
  v8::MaybeLocal<v8::Module> Compile(v8::Local<v8::Context> context, const std::string& name,
                                     std::shared_ptr<const ModuleFile> file);
  v8::MaybeLocal<v8::Module> CompileSource(const std::string& name, v8::Local<v8::String> text,
                                           v8::Local<v8::Value> map_url);
  v8::MaybeLocal<v8::Module> GetBuiltin(v8::Local<v8::Context> context, std::string_view name);
  v8::MaybeLocal<v8::Module> Add(std::string_view key, std::unique_ptr<Record> record, v8::Local<v8::Module> module);
  // The default export of a module that is not JavaScript.
  v8::MaybeLocal<v8::Value> MakeValue(v8::Local<v8::Context> context, const std::string& name, const ModuleFile& file);
  // Compiles everything that `module` imports, depth first, so that an error names the import statement.
  bool LoadGraph(v8::Local<v8::Context> context, v8::Local<v8::Module> module);
  std::string NameOf(v8::Local<v8::Module> module) const;
  const Record* Find(v8::Local<v8::Module> module) const;

  std::expected<EntryPoint, std::string> RunScript(v8::Local<v8::Context> context, const std::string& name,
                                                   const ModuleFile& file);

  // The text of line `line` (from 1) of a file of the worker, "" when there is none.
  std::string SourceLine(std::string_view name, int line) const;
  // Where a place in a compiled module comes from.
  [[nodiscard]] std::optional<SourceMap::Place> Origin(std::string_view name, int line, int column) const;

  static bool OnCompileWasm(v8::Local<v8::Context> context, v8::Local<v8::String> source);
  static v8::MaybeLocal<v8::Module> OnResolve(v8::Local<v8::Context> context, v8::Local<v8::String> specifier,
                                              v8::Local<v8::FixedArray> attributes, v8::Local<v8::Module> referrer);
  static v8::MaybeLocal<v8::Promise> OnImport(v8::Local<v8::Context> context, v8::Local<v8::Data> options,
                                              v8::Local<v8::Value> resource_name, v8::Local<v8::String> specifier,
                                              v8::Local<v8::FixedArray> attributes);
  static void OnImportMeta(v8::Local<v8::Context> context, v8::Local<v8::Module> module, v8::Local<v8::Object> meta);
  static v8::MaybeLocal<v8::Value> OnEvaluateValue(v8::Local<v8::Context> context, v8::Local<v8::Module> module);

  WorkerIsolate& worker_;
  v8::Isolate* isolate_ = nullptr;
  std::shared_ptr<ModuleSource> source_;
  std::string main_;
  size_t loaded_bytes_ = 0;
  bool compiling_wasm_ = false;  // a file of the worker, as opposed to bytes that code made up
  // The import statement that failed, for errors without a place of their own. Line 0: none.
  struct {
    std::string file;
    int line = 0;
    int column = 0;
  } failed_import_;
  std::unordered_map<std::string, std::unique_ptr<Record>> by_name_;
  std::unordered_multimap<int, Record*> by_hash_;
  std::map<std::string, std::shared_ptr<const SourceMap>, std::less<>> maps_;
  // Sources of modules live as long as V8 may want them for a lazy function.
  std::vector<std::shared_ptr<const ModuleFile>> files_;
};

}  // namespace verge::runtime

#endif  // RUNTIME_MODULE_LOADER_H_
