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

}  // namespace verge::runtime

#endif  // RUNTIME_LOG_H_
