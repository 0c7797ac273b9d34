// Told of each event that workers handle, and which of them the lines of the log are about: in development.
#ifndef RUNTIME_EVENT_RECORDER_H_
#define RUNTIME_EVENT_RECORDER_H_

#include <cstdint>
#include <string_view>

#include "runtime/log.h"

namespace verge::runtime {

// Called on the thread of the shard whose event it is. Events are known by the number of their invocation, which is
// that shard's.
class EventRecorder : public RequestLog {
 public:
  // `method` and `target` of a request; of other events what they are ("RPC", "CRON") and what is asked for.
  virtual void OnBegin(uint32_t invocation, std::string_view method, std::string_view target) = 0;

  // An event that is no request, and began with the same texts, is over. It is this thread's subject.
  virtual void OnOver(std::string_view kind, std::string_view what, bool ok, int64_t cpu_ns, int64_t wall_ns) = 0;

  // A request was answered without the worker's code: `by` "asset", "cache HIT" or the like. It did not begin.
  virtual void OnAnswered(std::string_view method, std::string_view target, int status, int64_t wall_ns,
                          std::string_view by) = 0;

  // What this thread reports from now on is about that event; 0: about the one whose code runs, if any does.
  virtual void SetSubject(uint32_t invocation) = 0;

  // For as long as it lives. `recorder` may be null.
  class Subject {
   public:
    Subject(EventRecorder* recorder, uint32_t invocation) : recorder_(recorder) {
      if (recorder_) recorder_->SetSubject(invocation);
    }
    ~Subject() {
      if (recorder_) recorder_->SetSubject(0);
    }
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;

   private:
    EventRecorder* const recorder_;
  };
};

}  // namespace verge::runtime

#endif  // RUNTIME_EVENT_RECORDER_H_
