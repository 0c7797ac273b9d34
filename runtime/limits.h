// What one invocation and one isolate may use.
#ifndef RUNTIME_LIMITS_H_
#define RUNTIME_LIMITS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace verge::runtime {

// docs/limits.md has them for those who set them.
struct Limits {
  std::chrono::milliseconds cpu{50};             // of one invocation, over all its turns; 0: none
  std::chrono::milliseconds startup_cpu{1000};   // to load and evaluate a worker's modules
  std::chrono::milliseconds wall{0};             // from an event's arrival to the end of its response; 0: none
  std::chrono::milliseconds wait_until{30'000};  // how long work may go on after the response
  size_t heap_bytes = 128ull * 1024 * 1024;      // of one isolate; ArrayBuffers may take as much again
  size_t module_bytes = 64ull * 1024 * 1024;     // all modules of a worker
  size_t log_bytes = 256ull * 1024;              // of the lines that one invocation writes
  uint32_t timers = 10'000;                      // pending at a time, of one invocation
  uint32_t subrequests = 1000;                   // of one invocation, each redirect that is followed counted
  uint32_t service_calls = 1000;                 // of one invocation: operations on KV namespaces
  uint32_t queries = 1000;                       // of one invocation: to D1 databases
  uint32_t connections = 6;                      // of one invocation that wait for a response's head; more queue up
  uint32_t pbkdf2_iterations = 100'000;          // of one derivation

  // Of a request, before an invocation is opened for it.
  size_t url_bytes = 16ull * 1024;                     // path and query; longer: 414
  size_t header_bytes = 128ull * 1024;                 // all fields together; more: 431
  uint64_t request_body_bytes = 100ull * 1000 * 1000;  // more: 413
};

}  // namespace verge::runtime

#endif  // RUNTIME_LIMITS_H_
