#include "bindings/core/report.h"

#include <string>

#include "bindings/core/realm.h"
#include "bindings/core/strings.h"
#include "runtime/exception.h"
#include "runtime/shard.h"

namespace verge::bindings {

void LogException(v8::Isolate* isolate, v8::Local<v8::Context> context, v8::Local<v8::Value> exception,
                  std::string_view prefix) {
  runtime::WorkerIsolate* worker = Realm::From(isolate).worker();
  if (!worker) return;
  std::string text = std::string(prefix) + runtime::DescribeException(isolate, context, exception, {}).Text();
  worker->WriteLog(runtime::LogLevel::kError, text);
}

void ReportException(v8::Isolate* isolate, v8::Local<v8::Context> context, v8::TryCatch& try_catch) {
  if (!try_catch.HasCaught() || try_catch.HasTerminated()) return;
  v8::Local<v8::Value> exception = try_catch.Exception();
  try_catch.Reset();
  ReportException(isolate, context, exception);
}

void ReportException(v8::Isolate* isolate, v8::Local<v8::Context> context, v8::Local<v8::Value> exception) {
  runtime::ExceptionReport report = runtime::DescribeException(isolate, context, exception, {});
  v8::TryCatch try_catch(isolate);
  v8::Local<v8::String> message;
  v8::Local<v8::String> file;
  if (!NewString(isolate, "Uncaught " + report.message).ToLocal(&message) ||
      !NewString(isolate, report.file).ToLocal(&file)) {
    return;
  }
  // Called while a listener of "error" itself fails, the script half returns true at once.
  v8::Local<v8::Value> arguments[] = {exception, message, file, v8::Integer::New(isolate, report.line),
                                      v8::Integer::New(isolate, report.column)};
  v8::Local<v8::Value> unhandled;
  if (!Realm::From(isolate).CallInternal(context, Name::kReportException, arguments).ToLocal(&unhandled)) return;
  if (unhandled->IsTrue()) LogException(isolate, context, exception, "Uncaught ");
}

}  // namespace verge::bindings
