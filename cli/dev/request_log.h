// A line for each request, in development.
#ifndef CLI_DEV_REQUEST_LOG_H_
#define CLI_DEV_REQUEST_LOG_H_

#include "runtime/log.h"

namespace verge::cli {

// Writes to standard output: method, path, status, and the milliseconds of CPU and wall time. Any thread.
class DevRequestLog final : public runtime::RequestLog {
 public:
  explicit DevRequestLog(bool color) : color_(color) {}
  void OnRequest(std::string_view method, std::string_view target, int status, int64_t cpu_ns,
                 int64_t wall_ns) override;

 private:
  const bool color_;
};

}  // namespace verge::cli

#endif  // CLI_DEV_REQUEST_LOG_H_
