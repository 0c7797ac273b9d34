#include "runtime/exception.h"

#include <algorithm>

#include "runtime/module_loader.h"
#include "runtime/worker_isolate.h"

namespace verge::runtime {
namespace {

std::string Utf8(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  if (value.IsEmpty() || !value->IsString()) return {};
  v8::String::Utf8Value text(isolate, value);
  return *text ? std::string(*text, static_cast<size_t>(text.length())) : std::string();
}

// An own data property, read without running accessors or proxies' traps.
v8::Local<v8::Value> DataProperty(v8::Isolate* isolate, v8::Local<v8::Context> context, v8::Local<v8::Object> object,
                                  const char* name) {
  v8::Local<v8::String> key;
  v8::Local<v8::Value> value;
  if (!v8::String::NewFromUtf8(isolate, name).ToLocal(&key)) return {};
  v8::Local<v8::Value> current = object;
  // The message of an Error is its own, the name its prototype's.
  for (int depth = 0; depth < 8 && current->IsObject() && !current->IsProxy(); ++depth) {
    v8::Local<v8::Object> holder = current.As<v8::Object>();
    v8::Local<v8::Value> descriptor;
    if (!holder->GetOwnPropertyDescriptor(context, key).ToLocal(&descriptor)) return {};
    if (descriptor->IsObject()) {
      v8::Local<v8::String> value_key = v8::String::NewFromUtf8Literal(isolate, "value");
      if (!descriptor.As<v8::Object>()->Get(context, value_key).ToLocal(&value)) return {};
      return value;
    }
    current = holder->GetPrototypeV2();
  }
  return {};
}

// `stack` is an accessor of V8, the same function for every error; a worker can have put its own in place.
std::string StackOf(v8::Isolate* isolate, v8::Local<v8::Context> context, v8::Local<v8::Object> error) {
  v8::Local<v8::String> key = v8::String::NewFromUtf8Literal(isolate, "stack");
  v8::Local<v8::String> get = v8::String::NewFromUtf8Literal(isolate, "get");
  v8::Local<v8::Value> stack = DataProperty(isolate, context, error, "stack");
  if (!stack.IsEmpty() && stack->IsString()) return Utf8(isolate, stack);
  v8::Local<v8::Value> sample = v8::Exception::Error(v8::String::Empty(isolate));
  v8::Local<v8::Value> own;
  v8::Local<v8::Value> expected;
  v8::Local<v8::Value> own_get;
  v8::Local<v8::Value> expected_get;
  if (!error->GetOwnPropertyDescriptor(context, key).ToLocal(&own) || !own->IsObject() ||
      !sample.As<v8::Object>()->GetOwnPropertyDescriptor(context, key).ToLocal(&expected) || !expected->IsObject() ||
      !own.As<v8::Object>()->Get(context, get).ToLocal(&own_get) ||
      !expected.As<v8::Object>()->Get(context, get).ToLocal(&expected_get) || !own_get->StrictEquals(expected_get)) {
    return {};
  }
  return error->Get(context, key).ToLocal(&stack) ? Utf8(isolate, stack) : std::string();
}

}  // namespace

std::string ExceptionReport::Where() const {
  if (file.empty()) return message;
  return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + message;
}

std::string ExceptionReport::Text() const { return stack.empty() ? message : stack; }

std::string ExceptionReport::Excerpt() const {
  if (file.empty() || source_line.empty()) return Where();
  // A minified bundle is one long line: only the neighbourhood of the column is of use.
  constexpr size_t kWidth = 100;
  size_t at = std::min(static_cast<size_t>(std::max(column - 1, 0)), source_line.size());
  size_t from = at > kWidth / 2 && source_line.size() > kWidth ? at - kWidth / 2 : 0;
  std::string excerpt = source_line.substr(from, kWidth);
  std::string mark;
  for (char c : excerpt.substr(0, at - from)) mark += c == '\t' ? '\t' : ' ';
  return Where() + "\n    " + excerpt + "\n    " + mark + "^";
}

ExceptionReport DescribeException(v8::Isolate* isolate, v8::Local<v8::Context> context, v8::Local<v8::Value> exception,
                                  v8::Local<v8::Message> message) {
  v8::HandleScope scope(isolate);
  v8::TryCatch inner(isolate);
  ExceptionReport report;
  if (!exception.IsEmpty() && exception->IsObject()) {
    v8::Local<v8::Object> object = exception.As<v8::Object>();
    if (exception->IsNativeError()) {
      report.stack = StackOf(isolate, context, object);
    }
    std::string name = Utf8(isolate, DataProperty(isolate, context, object, "name"));
    std::string text = Utf8(isolate, DataProperty(isolate, context, object, "message"));
    if (exception->IsNativeError()) {
      report.message = name.empty() ? "Error" : name;
      if (!text.empty()) report.message += ": " + text;
    } else {
      report.message = text.empty() ? Utf8(isolate, object->GetConstructorName()) : text;
    }
  } else if (!exception.IsEmpty()) {
    v8::Local<v8::String> text;
    if (exception->IsSymbol()) {
      report.message = "Symbol(" + Utf8(isolate, exception.As<v8::Symbol>()->Description(isolate)) + ")";
    } else if (exception->ToDetailString(context).ToLocal(&text)) {
      report.message = Utf8(isolate, text);
    }
  }
  if (message.IsEmpty() && !exception.IsEmpty()) message = v8::Exception::CreateMessage(isolate, exception);
  if (!message.IsEmpty()) {
    report.file = Utf8(isolate, message->GetScriptResourceName());
    report.line = message->GetLineNumber(context).FromMaybe(0);
    report.column = message->GetStartColumn(context).FromMaybe(-1) + 1;
    v8::Local<v8::String> line;
    if (message->GetSourceLine(context).ToLocal(&line)) report.source_line = Utf8(isolate, line);
    if (report.message.empty()) report.message = Utf8(isolate, message->Get());
  }
  if (report.line == 0) report.file.clear();
  // There is none while the snapshot is built.
  if (auto* worker = static_cast<WorkerIsolate*>(isolate->GetData(WorkerIsolate::kIsolateSlot))) {
    worker->modules().MapPlaces(&report);
  }
  return report;
}

ExceptionReport DescribeException(v8::Isolate* isolate, v8::Local<v8::Context> context, const v8::TryCatch& try_catch) {
  if (try_catch.HasTerminated()) {
    ExceptionReport report;
    report.message = "execution was terminated";
    return report;
  }
  return DescribeException(isolate, context, try_catch.Exception(), try_catch.Message());
}

}  // namespace verge::runtime
