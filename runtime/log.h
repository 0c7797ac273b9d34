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

  // `worker`: whose line it is; "" for the runtime's own. `text` may have several lines. `invocation`: the number of
  // the event that it is about, within the shard whose thread this is; 0 for none.
  virtual void Write(LogLevel level, std::string_view worker, std::string_view text, uint32_t invocation) = 0;
  void Write(LogLevel level, std::string_view worker, std::string_view text) { Write(level, worker, text, 0); }
};

// Told of each request, on its shard's thread. `invocation` as above.
class RequestLog {
 public:
  virtual ~RequestLog() = default;

  virtual void OnBegin(uint32_t invocation, std::string_view method, std::string_view target) = 0;
  // It is over. `cpu_ns`: so far; work in waitUntil may follow. `status` 0: there was no response.
  virtual void OnRequest(uint32_t invocation, std::string_view method, std::string_view target, int status,
                         int64_t cpu_ns, int64_t wall_ns) = 0;
};

}  // namespace verge::runtime

#endif  // RUNTIME_LOG_H_
