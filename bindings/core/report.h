// Exceptions that nobody caught and that end no request: thrown by timers, event listeners, rejected promises.
#ifndef BINDINGS_CORE_REPORT_H_
#define BINDINGS_CORE_REPORT_H_

#include <v8.h>

#include <string_view>

namespace verge::bindings {

// Fires "error" at the global object and, unless a listener prevents it, writes a log line with the stack.
void ReportException(v8::Isolate* isolate, v8::Local<v8::Context> context, v8::TryCatch& try_catch);
void ReportException(v8::Isolate* isolate, v8::Local<v8::Context> context, v8::Local<v8::Value> exception);

// Writes to the worker's log, without an event.
void LogException(v8::Isolate* isolate, v8::Local<v8::Context> context, v8::Local<v8::Value> exception,
                  std::string_view prefix);

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_REPORT_H_
