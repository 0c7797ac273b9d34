// What one invocation and one isolate may use: all of it in one place, with a name for each usual set.
#ifndef RUNTIME_LIMITS_H_
#define RUNTIME_LIMITS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace verge::runtime {

struct Limits {
  std::chrono::milliseconds cpu{50};             // of one invocation, over all its turns; 0: none
  std::chrono::milliseconds startup_cpu{1000};   // to load and evaluate a worker's modules
  std::chrono::milliseconds wall{0};             // from an event's arrival to the end of its response; 0: none
  std::chrono::milliseconds wait_until{30'000};  // how long work may go on after the response
  size_t heap_bytes = 128ull * 1024 * 1024;      // of one isolate; ArrayBuffers may take as much again
  size_t module_bytes = 64ull * 1024 * 1024;     // all modules of a worker
  size_t log_bytes = 256ull * 1024;              // written to the console by one invocation; more is dropped
  uint32_t timers = 10'000;                      // pending at a time, of one invocation
  uint32_t subrequests = 1000;                   // of one invocation, each redirect that is followed counted
  uint32_t service_calls = 1000;                 // of one invocation: operations on KV namespaces
  uint32_t connections = 6;                      // of one invocation that wait for a response's head; more queue up
  uint32_t concurrent_requests = 0;              // of one worker on one shard, at a time; 0: no limit
  uint32_t pbkdf2_iterations = 100'000;          // of one derivation
};

// A set of limits that has a name.
struct LimitProfile {
  std::string_view name;
  std::string_view about;
  Limits limits;
};

// "default" first.
std::span<const LimitProfile> LimitProfiles();
// Nothing: there is none of that name.
std::optional<Limits> FindLimits(std::string_view profile);

}  // namespace verge::runtime

#endif  // RUNTIME_LIMITS_H_
