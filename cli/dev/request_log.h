// What is said of each event in development: a line on the terminal, and its place in the explorer.
#ifndef CLI_DEV_REQUEST_LOG_H_
#define CLI_DEV_REQUEST_LOG_H_

#include <string>

#include "cli/dev/explorer/request_history.h"
#include "runtime/event_recorder.h"

namespace verge::cli {

// Of one worker. Writes to standard output: method, path, status, what answered it if it was not the worker's code, and
// the milliseconds of CPU and wall time. Any thread.
class DevRequestLog final : public runtime::EventRecorder {
 public:
  // `named`: its lines begin with the worker's name. `history` must outlive it.
  DevRequestLog(std::string worker, bool named, bool color, RequestHistory& history)
      : worker_(std::move(worker)), named_(named), color_(color), history_(history) {}

  void OnBegin(uint32_t invocation, std::string_view method, std::string_view target) override {
    history_.OnBegin(worker_, invocation, method, target);
  }
  void SetSubject(uint32_t invocation) override { RequestHistory::SetSubject(invocation); }
  void OnRequest(std::string_view method, std::string_view target, int status, int64_t cpu_ns,
                 int64_t wall_ns) override;
  void OnOver(std::string_view kind, std::string_view what, bool ok, int64_t cpu_ns, int64_t wall_ns) override;
  void OnAnswered(std::string_view method, std::string_view target, int status, int64_t wall_ns,
                  std::string_view by) override;

 private:
  enum class Tone : unsigned char { kGood, kWarning, kBad };
  static Tone ToneOf(int status);
  void Print(std::string_view method, std::string_view target, Tone tone, std::string_view result,
             std::string_view note) const;

  const std::string worker_;
  const bool named_;
  const bool color_;
  RequestHistory& history_;
};

}  // namespace verge::cli

#endif  // CLI_DEV_REQUEST_LOG_H_
