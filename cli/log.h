// The program's log: lines on standard error, for people or as JSON.
#ifndef CLI_LOG_H_
#define CLI_LOG_H_

#include <mutex>
#include <string_view>

#include "runtime/log.h"

namespace verge::cli {

enum class LogStyle : uint8_t { kPlain, kColor, kJson };

// Writes each message at once, whole, whatever thread it comes from.
class Log final : public runtime::LogSink {
 public:
  explicit Log(LogStyle style) : style_(style) {}
  void Write(runtime::LogLevel level, std::string_view worker, std::string_view text) override;

 private:
  const LogStyle style_;
  std::mutex mutex_;
};

}  // namespace verge::cli

#endif  // CLI_LOG_H_
