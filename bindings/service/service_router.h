// How a worker reaches another one of the same process: by a binding of its env, without a socket. No V8.
#ifndef BINDINGS_SERVICE_SERVICE_ROUTER_H_
#define BINDINGS_SERVICE_SERVICE_ROUTER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace verge::bindings {

class CallChains;
class InvocationPool;
class Worker;

// What a service binding stands for. Never changes; any thread.
struct ServiceTarget {
  std::string binding;     // its name in the env of the worker that has it
  std::string service;     // the other worker's name
  std::string entrypoint;  // a named export of it, "" for the default one
  std::string props;       // JSON: what the other worker finds in ctx.props; "" for nothing
  // Why this worker may not reach that one; "" when it may.
  std::string refusal;
};

// What a worker asks another one to do. Destroyed without being called: the shard is about to end.
class ServiceCall {
 public:
  enum class Refusal : uint8_t {
    kUnknown,  // there is no such worker, or none for this one
    kBroken,   // it cannot be started, or has too much to do
  };

  virtual ~ServiceCall() = default;

  // The worker is there and takes it. No isolate is entered.
  virtual void Start(InvocationPool& pool, Worker& worker) = 0;
  // It does not come about. `why` is a sentence for the caller. No isolate is entered.
  virtual void Refuse(Refusal refusal, std::string_view why) = 0;
};

// Knows the shard's workers. On the shard's thread, not below JavaScript.
class ServiceRouter {
 public:
  // Starts the call now, or when the worker is there.
  virtual void Call(const ServiceTarget& target, std::unique_ptr<ServiceCall> call) = 0;

  // Of the events of all its workers.
  virtual CallChains& call_chains() = 0;

 protected:
  ~ServiceRouter() = default;
};

// For those who have asked for a worker that is not there.
std::string NoSuchService(const ServiceTarget& target);

}  // namespace verge::bindings

#endif  // BINDINGS_SERVICE_SERVICE_ROUTER_H_
