// Debugging a worker: the Chrome DevTools Protocol (https://chromedevtools.github.io/devtools-protocol/v8/) between the
// isolate that serves it and the frontends that are connected.
#ifndef RUNTIME_INSPECTOR_H_
#define RUNTIME_INSPECTOR_H_

#include <v8.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace verge::runtime {

class WorkerIsolate;

// The other side of a frontend's connection.
class InspectorFrontend {
 public:
  virtual ~InspectorFrontend() = default;
  // A message of the protocol, JSON. From the isolate's thread.
  virtual void Deliver(std::string message) = 0;
};

// V8's side of it on one isolate. Made with the isolate's context, before anything is compiled there: V8 tells
// debuggers of no script that is older.
class InspectorAgent {
 public:
  virtual ~InspectorAgent() = default;
};

// One worker as something that can be debugged. It outlives isolates: when the worker gets another one, because its
// code was changed or because the last one hurt a limit, the frontends move there with their breakpoints.
//
// Messages arrive on any thread and are dealt with on the shard's: from the loop when it is idle, by an interrupt when
// JavaScript runs, and in place when it is paused. A paused isolate holds up its whole shard: this is for development.
class InspectorTarget : public std::enable_shared_from_this<InspectorTarget> {
 public:
  // Whether this build has V8's side of it at all.
  static bool Available();

  // `name`: the worker's. `root`: the absolute path of its folder; names of modules become file: URLs below it.
  InspectorTarget(std::string name, std::string root);
  ~InspectorTarget();
  InspectorTarget(const InspectorTarget&) = delete;
  InspectorTarget& operator=(const InspectorTarget&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& root() const { return root_; }

  // --- Any thread.
  // The number is for the other two.
  int Connect(std::shared_ptr<InspectorFrontend> frontend);
  void Receive(int id, std::string message);
  void Disconnect(int id);
  // All frontends are gone for good and nobody comes any more; a paused isolate goes on.
  void Close();

  // --- On the shard's thread.
  // For a new isolate, entered, with its context.
  std::unique_ptr<InspectorAgent> MakeAgent(WorkerIsolate& isolate);
  // The others are not called in an isolate.
  // `isolate` serves the worker from now on. It has to be detached before it goes.
  void Attach(WorkerIsolate& isolate);
  void Detach(WorkerIsolate& isolate);

 private:
  class Agent;
  class Session;
  friend class Agent;

  struct Event {
    enum class Kind : uint8_t { kConnect, kMessage, kDisconnect } kind;
    int id;
    std::string message;
    std::shared_ptr<InspectorFrontend> frontend;
  };
  // A frontend between two isolates.
  struct Parked {
    std::shared_ptr<InspectorFrontend> frontend;
    std::vector<uint8_t> state;  // V8's: breakpoints, what is enabled
  };

  static void OnInterrupt(v8::Isolate* isolate, void* data);
  void Push(Event event);
  // Deals with what has arrived. On the shard's thread, in the isolate. May run JavaScript.
  void Dispatch();
  bool TakeEvent(Event* event);
  void Handle(Event event);

  const std::string name_;
  const std::string root_;

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Event> inbox_;
  int next_id_ = 1;
  bool closed_ = false;
  bool paused_ = false;  // the agent waits for `arrived_`
  bool posted_ = false;  // a task for the loop is on its way
  WorkerIsolate* isolate_ = nullptr;

  // The shard's thread only.
  Agent* agent_ = nullptr;  // isolate_'s
  std::map<int, Parked> parked_;
};

}  // namespace verge::runtime

#endif  // RUNTIME_INSPECTOR_H_
