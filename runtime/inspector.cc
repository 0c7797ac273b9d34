#include "runtime/inspector.h"

#include <time.h>

#include <utility>

#include "runtime/file_url.h"
#include "runtime/js_entry.h"
#include "runtime/shard.h"
#include "runtime/worker_isolate.h"

// Debian's libnode exports the interface; the header comes from the package's source (build/sysroot.sh).
#if __has_include(<v8-inspector.h>)
#include <v8-inspector.h>
#define VERGE_HAS_INSPECTOR 1
#endif

namespace verge::runtime {

#ifdef VERGE_HAS_INSPECTOR

namespace {

constexpr int kContextGroup = 1;

v8_inspector::StringView View(std::string_view latin1) {
  return {reinterpret_cast<const uint8_t*>(latin1.data()), latin1.size()};
}

// V8 has its text in UTF-16 or Latin-1.
std::string ToUtf8(v8::Isolate* isolate, const v8_inspector::StringView& view) {
  v8::HandleScope scope(isolate);
  v8::MaybeLocal<v8::String> made =
      view.is8Bit() ? v8::String::NewFromOneByte(isolate, view.characters8(), v8::NewStringType::kNormal,
                                                 static_cast<int>(view.length()))
                    : v8::String::NewFromTwoByte(isolate, view.characters16(), v8::NewStringType::kNormal,
                                                 static_cast<int>(view.length()));
  v8::Local<v8::String> text;
  if (!made.ToLocal(&text)) return {};
  v8::String::Utf8Value utf8(isolate, text);
  return *utf8 ? std::string(*utf8, static_cast<size_t>(utf8.length())) : std::string();
}

// What a wrapped method of console does: V8's own one first, where its inspector listens, then the worker's.
void CallBoth(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  std::vector<v8::Local<v8::Value>> arguments;
  for (int i = 0; i < info.Length(); ++i) arguments.push_back(info[i]);
  v8::Local<v8::Value> shown;
  v8::Local<v8::Value> own;
  if (!info.Data().As<v8::Array>()->Get(context, 0).ToLocal(&shown) ||
      !info.Data().As<v8::Array>()->Get(context, 1).ToLocal(&own)) {
    return;
  }
  {
    v8::TryCatch try_catch(isolate);
    (void)shown.As<v8::Function>()->Call(context, info.This(), info.Length(), arguments.data());
    if (try_catch.HasTerminated()) return;
  }
  v8::Local<v8::Value> result;
  if (own.As<v8::Function>()->Call(context, info.This(), info.Length(), arguments.data()).ToLocal(&result)) {
    info.GetReturnValue().Set(result);
  }
}

// Makes the worker's console tell V8's inspector as well. Native functions: they are in no stack that a frontend shows.
void WrapConsole(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  v8::TryCatch try_catch(isolate);
  v8::Local<v8::String> name = v8::String::NewFromUtf8Literal(isolate, "console");
  v8::Local<v8::Value> shown;
  v8::Local<v8::Value> own;
  if (!context->GetExtrasBindingObject()->Get(context, name).ToLocal(&shown) || !shown->IsObject() ||
      !context->Global()->Get(context, name).ToLocal(&own) || !own->IsObject()) {
    return;
  }
  for (const char* each :
       {"assert",  "clear",          "count",    "countReset", "debug",      "dir",      "dirxml", "error",
        "group",   "groupCollapsed", "groupEnd", "info",       "log",        "table",    "time",   "timeEnd",
        "timeLog", "trace",          "warn",     "profile",    "profileEnd", "timeStamp"}) {
    v8::Local<v8::String> method;
    v8::Local<v8::Value> pair[2];
    if (!v8::String::NewFromUtf8(isolate, each).ToLocal(&method) ||
        !shown.As<v8::Object>()->Get(context, method).ToLocal(&pair[0]) || !pair[0]->IsFunction() ||
        !own.As<v8::Object>()->Get(context, method).ToLocal(&pair[1]) || !pair[1]->IsFunction()) {
      continue;
    }
    v8::Local<v8::Function> both;
    if (!v8::Function::New(context, CallBoth, v8::Array::New(isolate, pair, 2), 0, v8::ConstructorBehavior::kThrow)
             .ToLocal(&both)) {
      continue;
    }
    both->SetName(method);
    (void)own.As<v8::Object>()->Set(context, method, both);
  }
}

}  // namespace

// A frontend on an isolate.
class InspectorTarget::Session final : public v8_inspector::V8Inspector::Channel {
 public:
  Session(v8::Isolate* isolate, std::shared_ptr<InspectorFrontend> frontend)
      : isolate_(isolate), frontend_(std::move(frontend)) {}

  void Connect(v8_inspector::V8Inspector& inspector, std::span<const uint8_t> state) {
    session_ =
        inspector.connect(kContextGroup, this, {state.data(), state.size()}, v8_inspector::V8Inspector::kFullyTrusted,
                          v8_inspector::V8Inspector::kNotWaitingForDebugger);
  }

  void Dispatch(const std::string& message) {
    // The protocol's bytes are taken as Latin-1 otherwise.
    v8::HandleScope scope(isolate_);
    v8::Local<v8::String> text;
    if (!v8::String::NewFromUtf8(isolate_, message.data(), v8::NewStringType::kNormal, static_cast<int>(message.size()))
             .ToLocal(&text)) {
      return;
    }
    std::vector<uint16_t> units(static_cast<size_t>(text->Length()));
    text->WriteV2(isolate_, 0, static_cast<uint32_t>(units.size()), units.data());
    session_->dispatchProtocolMessage({units.data(), units.size()});
  }

  Parked Park() {
    Parked parked{std::move(frontend_), session_->state()};
    session_.reset();
    return parked;
  }

 private:
  void sendResponse(int, std::unique_ptr<v8_inspector::StringBuffer> message) override { Deliver(*message); }
  void sendNotification(std::unique_ptr<v8_inspector::StringBuffer> message) override { Deliver(*message); }
  void flushProtocolNotifications() override {}
  void Deliver(const v8_inspector::StringBuffer& message) {
    if (frontend_) frontend_->Deliver(ToUtf8(isolate_, message.string()));
  }

  v8::Isolate* const isolate_;
  std::shared_ptr<InspectorFrontend> frontend_;
  std::unique_ptr<v8_inspector::V8InspectorSession> session_;
};

// V8's side of the target, on one isolate.
class InspectorTarget::Agent final : public InspectorAgent, public v8_inspector::V8InspectorClient {
 public:
  Agent(InspectorTarget& target, WorkerIsolate& worker)
      : target_(target), worker_(worker), inspector_(v8_inspector::V8Inspector::create(worker.v8(), this)) {
    v8::HandleScope scope(worker.v8());
    v8_inspector::V8ContextInfo info(worker.context(), kContextGroup, View(target.name_));
    constexpr std::string_view kAuxData = R"({"isDefault":true,"type":"default"})";
    info.auxData = View(kAuxData);
    inspector_->contextCreated(info);
  }
  ~Agent() override {
    v8::HandleScope scope(worker_.v8());
    sessions_.clear();
    inspector_->contextDestroyed(worker_.context());
  }

  void Connect(int id, std::shared_ptr<InspectorFrontend> frontend, std::span<const uint8_t> state) {
    if (!std::exchange(console_wrapped_, true)) WrapConsole(worker_.v8(), worker_.context());
    auto& session = sessions_[id];
    session = std::make_unique<Session>(worker_.v8(), std::move(frontend));
    session->Connect(*inspector_, state);
  }
  void Dispatch(int id, const std::string& message) {
    const auto found = sessions_.find(id);
    // It may be taken out by what it runs.
    if (found == sessions_.end()) return;
    const std::shared_ptr<Session> session = found->second;
    session->Dispatch(message);
  }
  void Disconnect(int id) {
    sessions_.erase(id);
    if (sessions_.empty()) quit_ = true;
  }
  void Park(std::map<int, Parked>* parked) {
    for (auto& [id, session] : sessions_) parked->insert_or_assign(id, session->Park());
    sessions_.clear();
    quit_ = true;
  }
  [[nodiscard]] bool has_sessions() const { return !sessions_.empty(); }

 private:
  void runMessageLoopOnPause(int) override {
    if (waiting_) return;
    waiting_ = true;
    quit_ = !has_sessions();
    Event event;
    while (!quit_) {
      {
        std::unique_lock lock(target_.mutex_);
        target_.paused_ = true;
        target_.arrived_.wait(lock, [this] { return !target_.inbox_.empty() || target_.closed_; });
        target_.paused_ = false;
        if (target_.closed_ && target_.inbox_.empty()) break;
      }
      while (!quit_ && target_.TakeEvent(&event)) target_.Handle(std::move(event));
    }
    waiting_ = false;
  }
  void quitMessageLoopOnPause() override { quit_ = true; }

  v8::Local<v8::Context> ensureDefaultContextInGroup(int) override { return worker_.context(); }
  double currentTimeMS() override {
    timespec time{};
    clock_gettime(CLOCK_REALTIME, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
  }
  std::unique_ptr<v8_inspector::StringBuffer> resourceNameToUrl(const v8_inspector::StringView& name) override {
    const std::string text = ToUtf8(worker_.v8(), name);
    // The runtime's own scripts have a scheme.
    if (text.empty() || text.find(':') != std::string::npos) return nullptr;
    return v8_inspector::StringBuffer::create(View(FileUrl(target_.root_ + "/" + text)));
  }

  InspectorTarget& target_;
  WorkerIsolate& worker_;
  const std::unique_ptr<v8_inspector::V8Inspector> inspector_;
  std::map<int, std::shared_ptr<Session>> sessions_;
  bool console_wrapped_ = false;
  bool waiting_ = false;
  bool quit_ = false;
};

bool InspectorTarget::Available() { return true; }

InspectorTarget::InspectorTarget(std::string name, std::string root) : name_(std::move(name)), root_(std::move(root)) {}

InspectorTarget::~InspectorTarget() = default;

// ---- Any thread

int InspectorTarget::Connect(std::shared_ptr<InspectorFrontend> frontend) {
  int id;
  {
    std::lock_guard lock(mutex_);
    id = next_id_++;
  }
  Push({Event::Kind::kConnect, id, {}, std::move(frontend)});
  return id;
}

void InspectorTarget::Receive(int id, std::string message) {
  Push({Event::Kind::kMessage, id, std::move(message), nullptr});
}

void InspectorTarget::Disconnect(int id) { Push({Event::Kind::kDisconnect, id, {}, nullptr}); }

void InspectorTarget::Close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  inbox_.clear();
  arrived_.notify_all();
}

void InspectorTarget::Push(Event event) {
  std::lock_guard lock(mutex_);
  if (closed_) return;
  inbox_.push_back(std::move(event));
  if (paused_) {
    arrived_.notify_all();
    return;
  }
  if (!isolate_) return;  // until there is one
  if (!std::exchange(posted_, true)) {
    isolate_->shard().Post([self = weak_from_this()] {
      if (const auto target = self.lock()) {
        WorkerIsolate* isolate;
        {
          std::lock_guard inner(target->mutex_);
          target->posted_ = false;
          isolate = target->isolate_;
        }
        if (!isolate) return;
        JsEntry entry(*isolate, nullptr);
        target->Dispatch();
      }
    });
  }
  // The isolate may be busy: then this comes first. It is alive as long as it is attached.
  isolate_->v8()->RequestInterrupt(&OnInterrupt, this);
}

// ---- The shard's thread

void InspectorTarget::OnInterrupt(v8::Isolate* isolate, void* data) {
  // Isolates keep their target alive.
  auto* self = static_cast<InspectorTarget*>(data);
  {
    std::lock_guard lock(self->mutex_);
    if (!self->isolate_ || self->isolate_->v8() != isolate) return;
  }
  v8::HandleScope scope(isolate);
  self->Dispatch();
}

bool InspectorTarget::TakeEvent(Event* event) {
  std::lock_guard lock(mutex_);
  if (inbox_.empty()) return false;
  *event = std::move(inbox_.front());
  inbox_.pop_front();
  return true;
}

void InspectorTarget::Dispatch() {
  Event event;
  while (TakeEvent(&event)) Handle(std::move(event));
}

void InspectorTarget::Handle(Event event) {
  switch (event.kind) {
    case Event::Kind::kConnect:
      agent_->Connect(event.id, std::move(event.frontend), {});
      break;
    case Event::Kind::kMessage:
      agent_->Dispatch(event.id, event.message);
      break;
    case Event::Kind::kDisconnect:
      parked_.erase(event.id);
      agent_->Disconnect(event.id);
      break;
  }
}

std::unique_ptr<InspectorAgent> InspectorTarget::MakeAgent(WorkerIsolate& isolate) {
  return std::make_unique<Agent>(*this, isolate);
}

void InspectorTarget::Attach(WorkerIsolate& isolate) {
  if (isolate_ == &isolate) return;
  if (isolate_) {
    JsEntry entry(*isolate_, nullptr);
    agent_->Park(&parked_);
  }
  {
    std::lock_guard lock(mutex_);
    isolate_ = &isolate;
    agent_ = static_cast<Agent*>(isolate.inspector_agent());
    if (inbox_.empty() && parked_.empty()) return;
  }
  JsEntry entry(isolate, nullptr);
  for (auto& [id, parked] : std::exchange(parked_, {})) agent_->Connect(id, std::move(parked.frontend), parked.state);
  Dispatch();
}

void InspectorTarget::Detach(WorkerIsolate& isolate) {
  if (isolate_ != &isolate) return;
  agent_->Park(&parked_);
  agent_ = nullptr;
  std::lock_guard lock(mutex_);
  isolate_ = nullptr;
}

#else

class InspectorTarget::Agent {};

bool InspectorTarget::Available() { return false; }
InspectorTarget::InspectorTarget(std::string name, std::string root) : name_(std::move(name)), root_(std::move(root)) {}
InspectorTarget::~InspectorTarget() = default;
int InspectorTarget::Connect(std::shared_ptr<InspectorFrontend>) { return 0; }
void InspectorTarget::Receive(int, std::string) {}
void InspectorTarget::Disconnect(int) {}
void InspectorTarget::Close() {}
std::unique_ptr<InspectorAgent> InspectorTarget::MakeAgent(WorkerIsolate&) { return nullptr; }
void InspectorTarget::Attach(WorkerIsolate&) {}
void InspectorTarget::Detach(WorkerIsolate&) {}

#endif

}  // namespace verge::runtime
