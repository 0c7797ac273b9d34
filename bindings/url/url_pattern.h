// The URLPattern interface (https://urlpattern.spec.whatwg.org/), parsed by ada, matched by V8.
#ifndef BINDINGS_URL_URL_PATTERN_H_
#define BINDINGS_URL_URL_PATTERN_H_

#include <ada.h>
#include <v8.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "bindings/core/class_spec.h"
#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/core/object.h"
#include "bindings/url/url_pattern_regex.h"

namespace verge::bindings {

// Its regular expressions are compiled once, when it is made, and only for components that are more than a fixed text
// or a single "*".
class UrlPattern final : public Native {
 public:
  static const ClassSpec kSpec;

  using Pattern = ada::url_pattern<UrlPatternRegex>;

  explicit UrlPattern(Pattern pattern) : pattern_(std::move(pattern)) {}

 private:
  struct Members;

  static Result<std::unique_ptr<Native>> Construct(Cx& cx, Variadic<v8::Local<v8::Value>> arguments);
  Result<bool> Test(Cx& cx, v8::Local<v8::Value> input, std::optional<std::string> base_url);
  // A URLPatternResult, or null.
  Result<v8::Local<v8::Value>> Exec(Cx& cx, v8::Local<v8::Value> input, std::optional<std::string> base_url);
  template <auto kGetter>
  std::string_view Component() const {
    return (pattern_.*kGetter)();
  }
  bool HasRegExpGroups() const { return pattern_.has_regexp_groups(); }

  Pattern pattern_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_URL_URL_PATTERN_H_
