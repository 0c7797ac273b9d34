#include "bindings/url/url_pattern_regex.h"

#include "bindings/core/strings.h"

namespace verge::bindings {
namespace {

// The match, or empty: there is none, or an exception is pending.
v8::MaybeLocal<v8::Array> Execute(v8::Isolate* isolate, v8::Local<v8::Context> context, std::string_view input,
                                  const v8::Global<v8::RegExp>& regex) {
  v8::Local<v8::String> subject;
  v8::Local<v8::Object> match;
  if (isolate->HasPendingException() || regex.IsEmpty() || !NewString(isolate, input).ToLocal(&subject) ||
      !regex.Get(isolate)->Exec(context, subject).ToLocal(&match) || !match->IsArray()) {
    return {};
  }
  return match.As<v8::Array>();
}

}  // namespace

std::optional<UrlPatternRegex::regex_type> UrlPatternRegex::create_instance(std::string_view pattern,
                                                                            bool ignore_case) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  if (isolate->HasPendingException()) return std::nullopt;
  v8::HandleScope scope(isolate);
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  v8::TryCatch try_catch(isolate);
  int flags = v8::RegExp::kUnicodeSets | (ignore_case ? v8::RegExp::kIgnoreCase : 0);
  v8::Local<v8::String> source;
  v8::Local<v8::RegExp> regex;
  // Without a prototype: Exec looks up "exec" on the object, and uses V8's own function when there is none.
  if (!NewString(isolate, pattern).ToLocal(&source) ||
      !v8::RegExp::New(context, source, static_cast<v8::RegExp::Flags>(flags)).ToLocal(&regex) ||
      !regex->SetPrototypeV2(context, v8::Null(isolate)).FromMaybe(false)) {
    if (try_catch.HasTerminated()) try_catch.ReThrow();
    return std::nullopt;
  }
  return regex_type(isolate, regex);
}

std::optional<std::vector<std::optional<std::string>>> UrlPatternRegex::regex_search(std::string_view input,
                                                                                     const regex_type& regex) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  v8::HandleScope scope(isolate);
  v8::Local<v8::Context> context = isolate->GetCurrentContext();
  v8::Local<v8::Array> match;
  if (!Execute(isolate, context, input, regex).ToLocal(&match)) return std::nullopt;
  std::vector<std::optional<std::string>> groups;
  groups.reserve(match->Length());
  for (uint32_t i = 1; i < match->Length(); ++i) {
    v8::Local<v8::Value> group;
    if (!match->Get(context, i).ToLocal(&group)) return std::nullopt;
    if (group->IsString()) {
      groups.emplace_back(ToUtf8(isolate, group.As<v8::String>()));
    } else {
      groups.emplace_back(std::nullopt);
    }
  }
  return groups;
}

bool UrlPatternRegex::regex_match(std::string_view input, const regex_type& regex) {
  v8::Isolate* isolate = v8::Isolate::GetCurrent();
  v8::HandleScope scope(isolate);
  return !Execute(isolate, isolate->GetCurrentContext(), input, regex).IsEmpty();
}

}  // namespace verge::bindings
