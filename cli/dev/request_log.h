// What is said of each request in development: a line on the terminal, and its place in the explorer.
#ifndef CLI_DEV_REQUEST_LOG_H_
#define CLI_DEV_REQUEST_LOG_H_

#include "cli/dev/explorer/request_history.h"
#include "runtime/event_recorder.h"

namespace verge::cli {

// Writes to standard output: method, path, status, and the milliseconds of CPU and wall time. Any thread. `history`
// must outlive it.
class DevRequestLog final : public runtime::EventRecorder {
 public:
  DevRequestLog(bool color, RequestHistory& history) : color_(color), history_(history) {}
  void OnBegin(uint32_t invocation, std::string_view method, std::string_view target) override {
    history_.OnBegin(invocation, method, target);
  }
  void SetSubject(uint32_t invocation) override { RequestHistory::SetSubject(invocation); }
  void OnRequest(std::string_view method, std::string_view target, int status, int64_t cpu_ns,
                 int64_t wall_ns) override;

 private:
  const bool color_;
  RequestHistory& history_;
};

}  // namespace verge::cli

#endif  // CLI_DEV_REQUEST_LOG_H_
