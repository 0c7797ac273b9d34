// What a worker in development was asked lately, and what it logged meanwhile.
#ifndef CLI_DEV_EXPLORER_REQUEST_HISTORY_H_
#define CLI_DEV_EXPLORER_REQUEST_HISTORY_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/log.h"

namespace verge::cli {

// The last kMaxRequests of them; of each, kMaxLines lines with kMaxLineBytes bytes altogether. Lines that belong to no
// request are kept as an entry of their own. Any thread; what belongs together comes on the thread of its shard.
class RequestHistory {
 public:
  static constexpr size_t kMaxRequests = 200;
  static constexpr size_t kMaxLines = 500;
  static constexpr size_t kMaxLineBytes = 64 * 1024;
  static constexpr size_t kMaxTarget = 2048;

  // How an event ended.
  struct End {
    int status = 0;         // of a request; 0: there was no response
    std::string outcome{};  // of other events: "ok" or "failed"
    std::string by{};       // what answered a request instead of the worker: "asset", "cache HIT"; "": nothing
    int64_t cpu_ns = 0;
    int64_t wall_ns = 0;
  };

  void OnBegin(std::string_view worker, uint32_t invocation, std::string_view method, std::string_view target);
  // Of the event that is this thread's subject, or whose JavaScript it runs.
  void OnEnd(End end);
  // Of a request that the worker's code had no part in.
  void OnAnswered(std::string_view worker, std::string_view method, std::string_view target, End end);
  // `worker`: "" for the runtime's own.
  void OnLine(runtime::LogLevel level, std::string_view worker, std::string_view text);
  // See runtime::EventRecorder.
  static void SetSubject(uint32_t invocation);
  void Clear();

  // What has changed since a version (0: everything), oldest first:
  //   {"version": N, "first": the lowest id that is kept, "requests": [{"id", "worker", "method", "target", "started",
  //    "status", "outcome", "by", "cpuMs", "wallMs", "lines": [{"level", "text"}], "cut"}]}
  // `started` is in milliseconds since the epoch. While a request runs, status and times are null; a status of 0 means
  // that the client left, or that there is an outcome instead. Lines without a request have method "".
  [[nodiscard]] std::string ToJson(uint64_t since) const;

 private:
  struct Line {
    runtime::LogLevel level;
    std::string text;
  };
  struct Entry {
    uint64_t id = 0;
    uint64_t version = 0;  // of its last change
    std::thread::id thread;
    uint32_t invocation = 0;
    std::string worker;
    std::string method;
    std::string target;
    std::chrono::system_clock::time_point started;
    bool over = false;
    End end;
    std::vector<Line> lines;
    size_t line_bytes = 0;
    bool cut = false;  // it had more lines than are kept
  };

  Entry& Add(std::string_view worker, uint32_t invocation, std::string_view method, std::string_view target);
  // Of the calling shard; null: it is not kept any more.
  Entry* Find(uint32_t invocation);

  mutable std::mutex mutex_;
  std::deque<Entry> entries_;
  uint64_t next_id_ = 1;
  uint64_t version_ = 0;
};

// Passes lines on and keeps them.
class RecordingLog final : public runtime::LogSink {
 public:
  // Both must outlive it.
  RecordingLog(runtime::LogSink& next, RequestHistory& history) : next_(next), history_(history) {}

  void Write(runtime::LogLevel level, std::string_view worker, std::string_view text) override {
    next_.Write(level, worker, text);
    history_.OnLine(level, worker, text);
  }

 private:
  runtime::LogSink& next_;
  RequestHistory& history_;
};

}  // namespace verge::cli

#endif  // CLI_DEV_EXPLORER_REQUEST_HISTORY_H_
