// A V8 string as UTF-8, without a copy where V8 has it as ASCII already.
#ifndef BINDINGS_URL_WITH_UTF8_H_
#define BINDINGS_URL_WITH_UTF8_H_

#include <simdutf.h>
#include <v8.h>

#include <string_view>
#include <utility>

#include "bindings/core/strings.h"

namespace verge::bindings {

// Returns what `function` makes of the text (as USVString: lone surrogates are replaced). The text may lie in V8's
// heap: `function` must not use V8 and its result must not point into the text.
template <typename F>
auto WithUtf8(v8::Isolate* isolate, v8::Local<v8::String> string, F&& function) {
  {
    v8::String::ValueView view(isolate, string);
    if (view.is_one_byte()) {
      std::string_view text(reinterpret_cast<const char*>(view.data8()), static_cast<size_t>(view.length()));
      if (simdutf::validate_ascii(text.data(), text.size())) return std::forward<F>(function)(text);
    }
  }
  return std::forward<F>(function)(std::string_view(ToUtf8(isolate, string)));
}

}  // namespace verge::bindings

#endif  // BINDINGS_URL_WITH_UTF8_H_
