#include "runtime/exceeded.h"

#include <array>
#include <format>

#include "runtime/meter.h"
#include "runtime/worker_isolate.h"

namespace verge::runtime {
namespace {

constexpr double kNsPerMs = 1e6;
constexpr uint64_t kMib = 1024 * 1024;

void Count(const WorkerIsolate& worker, Limit limit) {
  if (WorkerMeter* meter = WorkerMeter::Of(worker.v8())) meter->exceeded[static_cast<size_t>(limit)].Add();
}

uint64_t InMib(uint64_t bytes) { return (bytes + kMib - 1) / kMib; }

std::string Sentence(Limit limit, uint64_t used, uint64_t allowed) {
  const std::string_view key = KeyOf(limit);
  switch (limit) {
    case Limit::kCpu:
      return std::format("Worker exceeded its CPU time limit of {:g} ms: {:.1f} ms used (limits.{}).",
                         static_cast<double>(allowed) / kNsPerMs, static_cast<double>(used) / kNsPerMs, key);
    case Limit::kMemory:
      break;
    case Limit::kWall:
      return std::format("Worker exceeded its wall time limit of {} ms: {} ms passed (limits.{}).", allowed, used, key);
    case Limit::kWaitUntil:
      return std::format(
          "waitUntil() tasks did not complete within the allowed time after the response and were cancelled: {} ms "
          "passed, {} ms allowed (limits.{}).",
          used, allowed, key);
    case Limit::kLog:
      return std::format(
          "Worker exceeded its log size limit: {} bytes or more written, {} allowed (limits.{}). The rest of this "
          "event's lines is "
          "left out.",
          used, allowed, key);
    case Limit::kTimers:
      return std::format(
          "You have exceeded the number of active timers you may set. {} asked for, {} allowed (limits.{}).", used,
          allowed, key);
    case Limit::kSubrequests:
      return std::format("Too many subrequests. {} asked for, {} allowed (limits.{}).", used, allowed, key);
    case Limit::kServiceCalls:
      return std::format(
          "Too many API requests by single Worker invocation. {} KV operations asked for, {} allowed (limits.{}).",
          used, allowed, key);
    case Limit::kQueries:
      return std::format(
          "Too many API requests by single Worker invocation. {} queries asked for, {} allowed (limits.{}).", used,
          allowed, key);
    case Limit::kCallDepth:
      return std::format(
          "Subrequest depth limit exceeded: this request goes through workers that call each other, {} deep, {} "
          "allowed.",
          used, allowed);
    case Limit::kCalls:
      return std::format("Too many calls of other workers: this request causes {} events, itself counted, {} allowed.",
                         used, allowed);
  }
  return {};
}

}  // namespace

std::string_view KeyOf(Limit limit) {
  static constexpr std::array<std::string_view, kLimits> kKeys = {
      "cpu_ms",      "memory_mb",     "wall_ms",    "wait_until_ms", "log_kb", "timers",
      "subrequests", "kv_operations", "d1_queries", "call_depth",    "calls"};
  return kKeys[static_cast<size_t>(limit)];
}

std::string Exceeded(const WorkerIsolate& worker, Limit limit, uint64_t used, uint64_t allowed) {
  Count(worker, limit);
  return Sentence(limit, used, allowed);
}

std::string ExceededMemory(const WorkerIsolate& worker) {
  Count(worker, Limit::kMemory);
  const MemoryUse& use = worker.exceeding_use();
  return std::format(
      "Worker exceeded its memory limit of {} MB: {} MB of heap and {} MB of buffers in use or asked for (limits.{}).",
      worker.limits().heap_bytes / kMib, InMib(use.heap_bytes), InMib(use.buffer_bytes), KeyOf(Limit::kMemory));
}

}  // namespace verge::runtime
