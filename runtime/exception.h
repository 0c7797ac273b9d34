// JavaScript exceptions, for people to read.
#ifndef RUNTIME_EXCEPTION_H_
#define RUNTIME_EXCEPTION_H_

#include <v8.h>

#include <string>

namespace verge::runtime {

struct ExceptionReport {
  std::string message;      // "TypeError: x is not a function"
  std::string file;         // where it was thrown, "" when unknown
  int line = 0;             // from 1
  int column = 0;           // from 1
  std::string source_line;  // the text of that line
  std::string stack;        // as Error.prototype.stack has it, or ""

  // "file:line:column: message", when the place is known.
  [[nodiscard]] std::string Where() const;
  // The stack, or the message: for a log.
  [[nodiscard]] std::string Text() const;
  // Where(), and the source line with a mark below the column: for a terminal.
  [[nodiscard]] std::string Excerpt() const;
};

// Runs no user code (a worker can put a getter where a message is expected). `message` may be empty.
ExceptionReport DescribeException(v8::Isolate* isolate, v8::Local<v8::Context> context, v8::Local<v8::Value> exception,
                                  v8::Local<v8::Message> message);
ExceptionReport DescribeException(v8::Isolate* isolate, v8::Local<v8::Context> context, const v8::TryCatch& try_catch);

}  // namespace verge::runtime

#endif  // RUNTIME_EXCEPTION_H_
