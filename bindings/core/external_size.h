// C++ memory that a JavaScript object keeps alive, reported: it counts towards the memory limit.
#ifndef BINDINGS_CORE_EXTERNAL_SIZE_H_
#define BINDINGS_CORE_EXTERNAL_SIZE_H_

#include <v8.h>

#include <cstddef>
#include <cstdint>

#include "runtime/worker_isolate.h"

namespace verge::bindings {

// A member of the C++ object. Small sizes and small changes are not worth a report: most objects never make one.
// Used and destroyed on the isolate's thread.
class ExternalSize {
 public:
  ExternalSize() = default;
  ExternalSize(const ExternalSize&) = delete;
  ExternalSize& operator=(const ExternalSize&) = delete;
  ~ExternalSize() {
    if (reported_ != 0) Report(0);
  }

  // May collect garbage, and end execution with it.
  void Set(size_t bytes) {
    size_t difference = bytes > reported_ ? bytes - reported_ : reported_ - bytes;
    if (difference >= kStep) [[unlikely]]
      Report(bytes);
  }

 private:
  static constexpr size_t kStep = 1024;

  void Report(size_t bytes) {
    int64_t change = static_cast<int64_t>(bytes) - static_cast<int64_t>(reported_);
    reported_ = bytes;
    runtime::WorkerIsolate::From(v8::Isolate::GetCurrent()).ChargeMemory(change);
  }

  size_t reported_ = 0;
};

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_EXTERNAL_SIZE_H_
