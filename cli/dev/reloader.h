// Keeps a worker in development up to date with its files.
#ifndef CLI_DEV_RELOADER_H_
#define CLI_DEV_RELOADER_H_

#include <signal.h>

#include <expected>
#include <functional>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cli/bundle/esbuild_service.h"
#include "cli/dev/dev_front.h"
#include "cli/dev/hotkeys.h"
#include "cli/dev/watcher.h"
#include "cli/shard_thread.h"
#include "config/project.h"

namespace verge::cli {

// On the main thread.
class Reloader {
 public:
  using Definition = std::shared_ptr<const bindings::WorkerDefinition>;
  // Makes the definition of what the files say now; warnings are lines for the terminal.
  using Build = std::function<std::expected<Definition, std::string>(const config::WorkerConfig& worker,
                                                                     std::unique_ptr<EsbuildService>* esbuild,
                                                                     std::vector<std::string>* warnings)>;

  // `signals`, which are blocked, end Run.
  Reloader(config::LoadOptions options, Build build, std::vector<std::unique_ptr<ShardThread>>* shards,
           std::shared_ptr<DevState> state, const sigset_t& signals);
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // The first version. Whether it runs; if not, the terminal has been told why.
  bool Start(const config::WorkerConfig& worker);
  // Reloads on changes and at the press of a key (`hotkeys` may be null) until a signal, which is taken, or a key ends
  // it.
  void Run(Hotkeys* hotkeys);

 private:
  std::expected<void, std::string> Load(const config::WorkerConfig& worker);
  void Reload();
  void Say(const std::string& text);
  void Watch(const config::WorkerConfig& worker);
  void Rebuild();
  // Waits for a shard to take a version over. One that is paused in a debugger does not: then a signal ends the wait.
  std::expected<void, std::string> Await(std::future<std::expected<void, std::string>> replaced) const;
  // What is behind the first change of a save.
  static void Settle(Watcher& watcher, Watcher::Change change);

  const config::LoadOptions options_;
  const Build build_;
  std::vector<std::unique_ptr<ShardThread>>& shards_;
  const std::shared_ptr<DevState> state_;
  const int signals_;  // readable when there is one
  std::unique_ptr<EsbuildService> esbuild_;
  std::unique_ptr<Watcher> watcher_ = std::make_unique<Watcher>();
  // What build.command makes the worker of. Its output is what watcher_ sees.
  std::unique_ptr<Watcher> build_watcher_ = std::make_unique<Watcher>();
  config::BuildConfig custom_build_;
  std::string build_folder_;
  std::set<std::string> watched_;
  std::set<std::string> said_;  // warnings: once each
};

}  // namespace verge::cli

#endif  // CLI_DEV_RELOADER_H_
