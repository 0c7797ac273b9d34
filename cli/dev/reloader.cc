#include "cli/dev/reloader.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>

namespace verge::cli {
namespace {

using Clock = std::chrono::steady_clock;

// A save is over when nothing has happened for so long. A file that has gone may be about to be replaced.
constexpr int kQuietMs = 4;
constexpr int kQuietAfterRemovalMs = 60;
constexpr std::chrono::milliseconds kLongestSave(500);

}  // namespace

void Reloader::Say(const std::string& text) { std::fprintf(stderr, "verge: %s\n", text.c_str()); }

void Reloader::Watch(const config::WorkerConfig& worker) {
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
    if (auto loaded = shard->Replace(*definition).get(); !loaded) return loaded;
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

void Reloader::Settle(Watcher::Change change) {
  Clock::time_point end = Clock::now() + kLongestSave;
  while (Clock::now() < end) {
    pollfd waiting{watcher_->descriptor(), POLLIN, 0};
    int ready = poll(&waiting, 1, change == Watcher::Change::kRemoved ? kQuietAfterRemovalMs : kQuietMs);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return;
    if (Watcher::Change next = watcher_->Take(); next != Watcher::Change::kNone) change = next;
  }
}

void Reloader::Run(const sigset_t& signals) {
  int signal = signalfd(-1, &signals, SFD_CLOEXEC);
  pollfd waiting[] = {{signal, POLLIN, 0}, {watcher_->descriptor(), POLLIN, 0}};
  for (;;) {
    int ready = poll(waiting, 2, -1);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0 || waiting[0].revents != 0) break;
    if (waiting[1].revents == 0) continue;
    Watcher::Change change = watcher_->Take();
    if (change == Watcher::Change::kNone) continue;
    Settle(change);
    Reload();
  }
  // Taken, or it would be delivered as soon as it is unblocked.
  signalfd_siginfo taken;
  (void)!read(signal, &taken, sizeof taken);
  close(signal);
  esbuild_.reset();
}

}  // namespace verge::cli
