#include "bindings/console/console.h"

#include <string>

#include "bindings/core/report.h"
#include "bindings/core/strings.h"
#include "runtime/module_loader.h"
#include "runtime/platform.h"
#include "runtime/shard.h"

namespace verge::bindings {
namespace {

runtime::LogLevel LevelOf(std::string_view name) {
  if (name == "debug") return runtime::LogLevel::kDebug;
  if (name == "info") return runtime::LogLevel::kInfo;
  if (name == "warn") return runtime::LogLevel::kWarn;
  if (name == "error") return runtime::LogLevel::kError;
  return runtime::LogLevel::kLog;
}

// Of a text that is longer than what may still be written, the rest is never made.
void Print(Cx& cx, std::string level, v8::Local<v8::Value> text) {
  runtime::WorkerIsolate* worker = cx.realm().worker();
  if (!worker || !text->IsString()) return;
  const size_t room = worker->LogRoom();
  if (room == 0) return;
  std::string line;
  AppendUtf8Prefix(cx.isolate, text.As<v8::String>(), room, &line);
  worker->WriteLog(LevelOf(level), line);
}

// [state, value] of a promise, for inspection.
Result<v8::Local<v8::Value>> PromiseState(Cx& cx, v8::Local<v8::Value> value) {
  if (!value->IsPromise()) return v8::Undefined(cx.isolate).As<v8::Value>();
  v8::Local<v8::Promise> promise = value.As<v8::Promise>();
  const char* state = "pending";
  v8::Local<v8::Value> result = v8::Undefined(cx.isolate);
  if (promise->State() != v8::Promise::kPending) {
    state = promise->State() == v8::Promise::kFulfilled ? "fulfilled" : "rejected";
    result = promise->Result();
  }
  v8::Local<v8::Value> pair[] = {NewSymbolName(cx.isolate, state), result};
  return v8::Array::New(cx.isolate, pair, 2).As<v8::Value>();
}

// [target, handler] of a proxy, without running its traps; undefined for anything else.
Result<v8::Local<v8::Value>> ProxyDetails(Cx& cx, v8::Local<v8::Value> value) {
  if (!value->IsProxy()) return v8::Undefined(cx.isolate).As<v8::Value>();
  v8::Local<v8::Proxy> proxy = value.As<v8::Proxy>();
  v8::Local<v8::Value> pair[] = {proxy->GetTarget(), proxy->GetHandler()};
  return v8::Array::New(cx.isolate, pair, 2).As<v8::Value>();
}

void ReportExceptionNative(Cx& cx, v8::Local<v8::Value> exception) {
  ReportException(cx.isolate, cx.context, exception);
}

// https://html.spec.whatwg.org/#dom-reporterror
void ReportError(Cx& cx, AnyValue exception) { ReportException(cx.isolate, cx.context, exception.value); }
// A stack as it is shown: with places in sources, where the worker was compiled from some.
Result<v8::Local<v8::Value>> OriginalStack(Cx& cx, v8::Local<v8::Value> stack) {
  runtime::WorkerIsolate* worker = cx.realm().worker();
  if (!worker || !worker->modules().has_source_maps() || !stack->IsString()) return stack;
  v8::Local<v8::String> mapped;
  if (!NewString(cx.isolate, worker->modules().MapStack(ToUtf8(cx.isolate, stack.As<v8::String>()))).ToLocal(&mapped)) {
    return Pending();
  }
  return mapped.As<v8::Value>();
}

double Now() { return runtime::ThreadClock::WallMs(); }

constexpr GlobalFunction kGlobals[] = {
    Function<"reportError", &ReportError>(),
};
constexpr GlobalFunction kNatives[] = {
    Function<"print", &Print>(),
    Function<"promiseState", &PromiseState>(),
    Function<"proxyDetails", &ProxyDetails>(),
    Function<"reportException", &ReportExceptionNative>(),
    Function<"originalStack", &OriginalStack>(),
    Function<"now", &Now>(),
};

}  // namespace

constinit const Family kConsoleFamily = {.classes = {}, .globals = kGlobals, .natives = kNatives, .lazy_globals = {}};

}  // namespace verge::bindings
