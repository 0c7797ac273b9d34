// Where the lines go that a worker or the runtime writes for people.
#ifndef RUNTIME_LOG_H_
#define RUNTIME_LOG_H_

#include <cstdint>
#include <string_view>

namespace verge::runtime {

enum class LogLevel : uint8_t { kDebug, kInfo, kLog, kWarn, kError };

// Implemented by the program. Called from any shard's thread.
class LogSink {
 public:
  virtual ~LogSink() = default;

  // `worker`: whose line it is; "" for the runtime's own. `text` may have several lines.
  virtual void Write(LogLevel level, std::string_view worker, std::string_view text) = 0;
};

// Told of each request that is over, on its shard's thread.
class RequestLog {
 public:
  virtual ~RequestLog() = default;

  // `cpu_ns`: so far; work in waitUntil may follow. `status` 0: there was no response.
  virtual void OnRequest(std::string_view method, std::string_view target, int status, int64_t cpu_ns,
                         int64_t wall_ns) = 0;
};

}  // namespace verge::runtime

#endif  // RUNTIME_LOG_H_
