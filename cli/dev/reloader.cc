#include "cli/dev/reloader.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iterator>

#include "cli/dev/custom_build.h"

namespace verge::cli {
namespace {

using Clock = std::chrono::steady_clock;

// A save is over when nothing has happened for so long. A file that has gone may be about to be replaced.
constexpr int kQuietMs = 4;
constexpr int kQuietAfterRemovalMs = 60;
constexpr std::chrono::milliseconds kLongestSave(500);

// How often signals are looked at while a version is being loaded.
constexpr std::chrono::milliseconds kSignalInterval(20);

}  // namespace

Reloader::Reloader(config::LoadOptions options, Build build, std::vector<std::unique_ptr<ShardThread>>* shards,
                   std::shared_ptr<DevState> state, const sigset_t& signals)
    : options_(std::move(options)),
      build_(std::move(build)),
      shards_(*shards),
      state_(std::move(state)),
      signals_(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK)) {}

Reloader::~Reloader() { close(signals_); }

void Reloader::Say(const std::string& text) { std::fprintf(stderr, "verge: %s\n", text.c_str()); }

void Reloader::Watch(const config::WorkerConfig& worker) {
  custom_build_ = worker.build;
  build_folder_ = config::HomeFolder(worker);
  if (!custom_build_.command.empty()) {
    for (const std::string& folder : WatchedByBuild(custom_build_, build_folder_)) {
      if (watched_.insert("build " + folder).second) build_watcher_->Add(folder);
    }
    // Not the sources: what is made of them is what counts.
    if (watched_.insert(build_folder_).second) watcher_->AddFlat(build_folder_);
    const std::string output = std::filesystem::path(worker.main).parent_path().string();
    if (output != build_folder_ && watched_.insert(output).second) watcher_->Add(output);
    return;
  }
  for (const std::string& file : {worker.main, worker.source}) {
    std::string folder = std::filesystem::path(file).parent_path().string();
    if (!folder.empty() && watched_.insert(folder).second) watcher_->Add(folder);
  }
  // A script without a configuration may lie anywhere, in a home folder for one: its own folder has to do.
  if (!worker.source.empty() && watched_.insert(worker.root).second) watcher_->Add(worker.root);
}

std::expected<void, std::string> Reloader::Load(const config::WorkerConfig& worker) {
  std::vector<std::string> warnings;
  auto definition = build_(worker, &esbuild_, &warnings);
  for (const std::string& warning : warnings) {
    if (said_.insert(warning).second) Say("warning: " + warning);
  }
  if (!definition) return std::unexpected(definition.error());
  // All shards see the same: what the first one cannot load is not tried on the others.
  for (auto& shard : shards_) {
    if (auto loaded = Await(shard->Replace(*definition)); !loaded) return loaded;
  }
  return {};
}

bool Reloader::Start(const config::WorkerConfig& worker) {
  // Before the files are read, so that no change between is missed.
  Watch(worker);
  auto loaded = Load(worker);
  if (loaded) return true;
  state_->SetError(loaded.error());
  Say(loaded.error());
  return false;
}

void Reloader::Reload() {
  Clock::time_point start = Clock::now();
  std::string error;
  if (auto config = config::Load(options_); !config) {
    for (const config::Problem& problem : config.error()) error += (error.empty() ? "" : "\n") + problem.ToString();
  } else {
    for (const config::Problem& warning : config->warnings) {
      if (said_.insert(warning.ToString()).second) Say("warning: " + warning.ToString());
    }
    Watch(config->worker);
    if (auto loaded = Load(config->worker); !loaded) error = loaded.error();
  }
  if (!error.empty()) {
    state_->SetError(error);
    Say(error);
    return;
  }
  double ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  char line[64];
  std::snprintf(line, sizeof line, "reloaded in %.1f ms", ms);
  Say(line);
}

void Reloader::Rebuild() {
  if (auto built = RunCustomBuild(custom_build_, build_folder_, signals_); !built) Say(built.error());
}

void Reloader::Settle(Watcher& watcher, Watcher::Change change) {
  Clock::time_point end = Clock::now() + kLongestSave;
  while (Clock::now() < end) {
    pollfd waiting{watcher.descriptor(), POLLIN, 0};
    int ready = poll(&waiting, 1, change == Watcher::Change::kRemoved ? kQuietAfterRemovalMs : kQuietMs);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return;
    if (Watcher::Change next = watcher.Take(); next != Watcher::Change::kNone) change = next;
  }
}

std::expected<void, std::string> Reloader::Await(std::future<std::expected<void, std::string>> replaced) const {
  while (replaced.wait_for(kSignalInterval) != std::future_status::ready) {
    pollfd signal{signals_, POLLIN, 0};
    if (poll(&signal, 1, 0) > 0) return std::unexpected("stopped while a new version was being loaded");
  }
  return replaced.get();
}

void Reloader::Run(Hotkeys* hotkeys) {
  for (;;) {
    pollfd waiting[] = {{signals_, POLLIN, 0},
                        {watcher_->descriptor(), POLLIN, 0},
                        {hotkeys ? hotkeys->descriptor() : -1, POLLIN, 0},
                        {build_watcher_->descriptor(), POLLIN, 0}};
    int ready = poll(waiting, std::size(waiting), -1);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0 || waiting[0].revents != 0) break;
    if (waiting[2].revents != 0) {
      Hotkeys::Action action = hotkeys->Take();
      if (action == Hotkeys::Action::kExit) break;
      if (action == Hotkeys::Action::kReload) Reload();
    }
    if (waiting[3].revents != 0) {
      if (Watcher::Change change = build_watcher_->Take(); change != Watcher::Change::kNone) {
        Settle(*build_watcher_, change);
        Rebuild();
      }
    }
    if (waiting[1].revents == 0) continue;
    Watcher::Change change = watcher_->Take();
    if (change == Watcher::Change::kNone) continue;
    Settle(*watcher_, change);
    Reload();
  }
  // Taken, or it would be delivered as soon as it is unblocked.
  signalfd_siginfo taken;
  (void)!read(signals_, &taken, sizeof taken);
  esbuild_.reset();
}

}  // namespace verge::cli
