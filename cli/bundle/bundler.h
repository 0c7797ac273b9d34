// Compiles and bundles a worker: one module out of its TypeScript, JSX and packages, and the files that it imports.
#ifndef CLI_BUNDLE_BUNDLER_H_
#define CLI_BUNDLE_BUNDLER_H_

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/module_rules.h"
#include "runtime/module_source.h"

namespace verge::cli {

struct BundleOptions {
  std::string esbuild;  // the program
  std::string root;     // absolute, without symbolic links
  std::string main;     // relative to root
  std::vector<config::ModuleRule> rules;
  std::vector<std::string_view> builtin_modules;  // left as imports
  // process.env.NODE_ENV becomes this text; "": it stays what it is.
  std::string node_env;
  // Refuse sources that lie neither below root nor in a node_modules folder on the way up.
  bool confined = true;
  // Keep source maps in the form that debuggers read, with the sources' text.
  bool debugger = false;
};

struct Bundle {
  std::string main;
  std::map<std::string, std::shared_ptr<const runtime::ModuleFile>, std::less<>> files;  // by name relative to root
  std::vector<std::string> warnings;
};

// The error is text for a terminal, several lines perhaps. Blocks while esbuild runs.
std::expected<Bundle, std::string> MakeBundle(const BundleOptions& options);

class Esbuild;

// The same by an esbuild that is there already; nothing is written to disk.
std::expected<Bundle, std::string> MakeBundle(const BundleOptions& options, Esbuild& esbuild);

}  // namespace verge::cli

#endif  // CLI_BUNDLE_BUNDLER_H_
