// What is said when a worker has used up something, in one place: exceptions, log lines and error pages take it from
// here, and metrics count it.
#ifndef RUNTIME_EXCEEDED_H_
#define RUNTIME_EXCEEDED_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace verge::runtime {

class WorkerIsolate;

enum class Limit : uint8_t {
  kCpu,        // nanoseconds
  kMemory,     // see ExceededMemory
  kWall,       // milliseconds
  kWaitUntil,  // milliseconds
  kLog,        // bytes
  kTimers,     // the others are counts
  kSubrequests,
  kServiceCalls,  // operations on KV namespaces
  kQueries,       // to D1 databases
  kCallDepth,     // of workers that call each other
  kCalls,         // that one request causes
};
inline constexpr size_t kLimits = 11;

// As `limits` of the configuration names it, or a name of that form for what cannot be configured.
std::string_view KeyOf(Limit limit);

// A sentence that says which limit, what was used, what is allowed, and where that is set. It begins with the text that
// Workers users know, where there is one. Counted by the worker's meter, if it has one: to be called once for each time
// that a limit is hit, on the shard's thread.
std::string Exceeded(const WorkerIsolate& worker, Limit limit, uint64_t used, uint64_t allowed);

// The same for memory, of which there are two kinds under one limit.
std::string ExceededMemory(const WorkerIsolate& worker);

}  // namespace verge::runtime

#endif  // RUNTIME_EXCEEDED_H_
