#include "bindings/url/url_pattern.h"

#include <array>
#include <tuple>
#include <variant>

#include "bindings/core/function.h"
#include "bindings/core/strings.h"

namespace verge::bindings {
namespace {

// Compiling a pattern takes time in the square of its groups, and nothing can interrupt it.
constexpr size_t kMaxPatternLength = 16 * 1024;
// As for URL.
constexpr size_t kMaxInputLength = 1 << 24;

// The dictionary URLPatternInit. Members are read in lexicographical order.
struct InitMember {
  const char* name;
  std::optional<std::string> ada::url_pattern_init::* field;
};
constexpr InitMember kInitMembers[] = {
    {"baseURL", &ada::url_pattern_init::base_url},  {"hash", &ada::url_pattern_init::hash},
    {"hostname", &ada::url_pattern_init::hostname}, {"password", &ada::url_pattern_init::password},
    {"pathname", &ada::url_pattern_init::pathname}, {"port", &ada::url_pattern_init::port},
    {"protocol", &ada::url_pattern_init::protocol}, {"search", &ada::url_pattern_init::search},
    {"username", &ada::url_pattern_init::username},
};

// (USVString or URLPatternInit)
using Input = std::variant<std::string, ada::url_pattern_init>;

bool ReadInput(Cx& cx, v8::Local<v8::Value> value, size_t max_length, Input* out) {
  auto too_long = [&](const std::string& text) { return text.size() > max_length; };
  if (!value->IsNullOrUndefined() && !value->IsObject()) {
    auto& text = out->emplace<std::string>();
    if (!Convert<std::string>::From(cx, value, &text)) return false;
    return !too_long(text) || cx.ThrowTypeError("The input is too long.");
  }
  auto& init = out->emplace<ada::url_pattern_init>();
  if (value->IsNullOrUndefined()) return true;
  v8::Local<v8::Object> object = value.As<v8::Object>();
  for (const InitMember& member : kInitMembers) {
    v8::Local<v8::Value> item;
    if (!object->Get(cx.context, NewSymbolName(cx.isolate, member.name)).ToLocal(&item)) return false;
    if (item->IsUndefined()) continue;
    auto& text = (init.*member.field).emplace();
    if (!Convert<std::string>::From(cx, item, &text)) return false;
    if (too_long(text)) return cx.ThrowTypeError("The input is too long.");
  }
  return true;
}

// URLPatternOptions
bool ReadOptions(Cx& cx, v8::Local<v8::Value> value, ada::url_pattern_options* out) {
  if (value->IsNullOrUndefined()) return true;
  if (!value->IsObject()) return cx.ThrowTypeError("The options are not an object.");
  v8::Local<v8::Value> ignore_case;
  if (!value.As<v8::Object>()->Get(cx.context, NewSymbolName(cx.isolate, "ignoreCase")).ToLocal(&ignore_case)) {
    return false;
  }
  out->ignore_case = ignore_case->BooleanValue(cx.isolate);
  return true;
}

bool SetProperty(Cx& cx, v8::Local<v8::Object> object, std::string_view name, v8::Local<v8::Value> value) {
  v8::Local<v8::String> key;
  return NewString(cx.isolate, name).ToLocal(&key) &&
         object->CreateDataProperty(cx.context, key, value).FromMaybe(false);
}

bool SetString(Cx& cx, v8::Local<v8::Object> object, std::string_view name, std::string_view text) {
  v8::Local<v8::String> value;
  return NewString(cx.isolate, text).ToLocal(&value) && SetProperty(cx, object, name, value);
}

v8::MaybeLocal<v8::Value> InputToJs(Cx& cx, const Input& input) {
  v8::Local<v8::String> string;
  if (const auto* text = std::get_if<std::string>(&input)) {
    if (!NewString(cx.isolate, *text).ToLocal(&string)) return {};
    return string;
  }
  const auto& init = std::get<ada::url_pattern_init>(input);
  v8::Local<v8::Object> object = v8::Object::New(cx.isolate);
  for (const InitMember& member : kInitMembers) {
    const auto& text = init.*member.field;
    if (text && !SetString(cx, object, member.name, *text)) return {};
  }
  return object;
}

// URLPatternComponentResult. The groups come in the pattern's order.
v8::MaybeLocal<v8::Value> ComponentToJs(Cx& cx, const ada::url_pattern_component<UrlPatternRegex>& component,
                                        const ada::url_pattern_component_result& result) {
  v8::Local<v8::Object> groups = v8::Object::New(cx.isolate);
  for (const std::string& name : component.group_name_list) {
    auto found = result.groups.find(name);
    if (found == result.groups.end()) continue;
    bool set = found->second ? SetString(cx, groups, name, *found->second)
                             : SetProperty(cx, groups, name, v8::Undefined(cx.isolate));
    if (!set) return {};
  }
  v8::Local<v8::Object> object = v8::Object::New(cx.isolate);
  if (!SetProperty(cx, object, "groups", groups) || !SetString(cx, object, "input", result.input)) return {};
  return object;
}

}  // namespace

// URLPattern(input, baseURL, options) or URLPattern(input, options): the second argument decides.
Result<std::unique_ptr<Native>> UrlPattern::Construct(Cx& cx, Variadic<v8::Local<v8::Value>> arguments) {
  size_t count = arguments.values.size();
  arguments.values.resize(3, v8::Undefined(cx.isolate));
  const auto& [input_value, second, third] = std::tie(arguments.values[0], arguments.values[1], arguments.values[2]);
  bool has_base_url = count > 2 || (!second->IsNullOrUndefined() && !second->IsObject());
  Input input;
  std::optional<std::string> base_url;
  ada::url_pattern_options options;
  if (!ReadInput(cx, input_value, kMaxPatternLength, &input)) return Pending();
  if (has_base_url && !Convert<std::string>::From(cx, second, &base_url.emplace())) return Pending();
  if (base_url && base_url->size() > kMaxPatternLength)
    return std::unexpected(cx.MakeTypeError("The URL is too long."));
  if (!ReadOptions(cx, has_base_url ? third : second, &options)) return Pending();

  std::variant<std::string_view, ada::url_pattern_init> source;
  if (auto* text = std::get_if<std::string>(&input)) {
    source = std::string_view(*text);
  } else {
    source = std::move(std::get<ada::url_pattern_init>(input));
  }
  std::string_view base_view = base_url ? std::string_view(*base_url) : std::string_view();
  auto pattern = ada::parse_url_pattern<UrlPatternRegex>(std::move(source), base_url ? &base_view : nullptr, &options);
  if (cx.isolate->HasPendingException()) return Pending();
  if (!pattern) return std::unexpected(cx.MakeTypeError("Invalid URL pattern."));
  return std::make_unique<UrlPattern>(*std::move(pattern));
}

namespace {

// What `test` and `exec` share: reads the arguments and calls `match` with what ada takes.
template <typename R, typename Match>
Result<R> WithInput(Cx& cx, v8::Local<v8::Value> value, const std::optional<std::string>& base_url, Input* input,
                    Match match) {
  if (!ReadInput(cx, value, kMaxInputLength, input)) return Pending();
  std::string_view base_view = base_url ? std::string_view(*base_url) : std::string_view();
  ada::url_pattern_input ada_input;
  if (const auto* text = std::get_if<std::string>(input)) {
    ada_input = std::string_view(*text);
  } else {
    ada_input = std::get<ada::url_pattern_init>(*input);
  }
  auto result = match(ada_input, base_url ? &base_view : nullptr);
  if (cx.isolate->HasPendingException()) return Pending();
  if (!result) return std::unexpected(cx.MakeTypeError("A base URL goes with an input that is a string."));
  return *std::move(result);
}

}  // namespace

Result<bool> UrlPattern::Test(Cx& cx, v8::Local<v8::Value> value, std::optional<std::string> base_url) {
  Input input;
  return WithInput<bool>(cx, value, base_url, &input, [this](const auto& ada_input, const std::string_view* base) {
    return pattern_.test(ada_input, base);
  });
}

Result<v8::Local<v8::Value>> UrlPattern::Exec(Cx& cx, v8::Local<v8::Value> value, std::optional<std::string> base_url) {
  Input input;
  auto found = WithInput<std::optional<ada::url_pattern_result>>(
      cx, value, base_url, &input,
      [this](const auto& ada_input, const std::string_view* base) { return pattern_.exec(ada_input, base); });
  if (!found) return std::unexpected(std::move(found).error());
  if (!*found) return v8::Null(cx.isolate).As<v8::Value>();
  const ada::url_pattern_result& match = **found;

  std::array<v8::Local<v8::Value>, 2> inputs;
  if (!InputToJs(cx, input).ToLocal(inputs.data())) return Pending();
  if (base_url) {
    v8::Local<v8::String> text;
    if (!NewString(cx.isolate, *base_url).ToLocal(&text)) return Pending();
    inputs[1] = text;
  }
  v8::Local<v8::Object> result = v8::Object::New(cx.isolate);
  auto set = [&](const char* name, const auto& component, const ada::url_pattern_component_result& part) {
    v8::Local<v8::Value> js;
    return ComponentToJs(cx, component, part).ToLocal(&js) && SetProperty(cx, result, name, js);
  };
  // In the order in which Web IDL makes objects from dictionaries.
  if (!set("hash", pattern_.hash_component, match.hash) ||
      !set("hostname", pattern_.hostname_component, match.hostname) ||
      !SetProperty(cx, result, "inputs", v8::Array::New(cx.isolate, inputs.data(), base_url ? 2 : 1)) ||
      !set("password", pattern_.password_component, match.password) ||
      !set("pathname", pattern_.pathname_component, match.pathname) ||
      !set("port", pattern_.port_component, match.port) ||
      !set("protocol", pattern_.protocol_component, match.protocol) ||
      !set("search", pattern_.search_component, match.search) ||
      !set("username", pattern_.username_component, match.username)) {
    return Pending();
  }
  return result.As<v8::Value>();
}

struct UrlPattern::Members {
  using T = Table<UrlPattern>;
  static constexpr Member kMembers[] = {
      T::Getter<"protocol", &UrlPattern::Component<&Pattern::get_protocol>>(),
      T::Getter<"username", &UrlPattern::Component<&Pattern::get_username>>(),
      T::Getter<"password", &UrlPattern::Component<&Pattern::get_password>>(),
      T::Getter<"hostname", &UrlPattern::Component<&Pattern::get_hostname>>(),
      T::Getter<"port", &UrlPattern::Component<&Pattern::get_port>>(),
      T::Getter<"pathname", &UrlPattern::Component<&Pattern::get_pathname>>(),
      T::Getter<"search", &UrlPattern::Component<&Pattern::get_search>>(),
      T::Getter<"hash", &UrlPattern::Component<&Pattern::get_hash>>(),
      T::Getter<"hasRegExpGroups", &UrlPattern::HasRegExpGroups>(),
      T::Method<"test", &UrlPattern::Test>(),
      T::Method<"exec", &UrlPattern::Exec>(),
  };
  static constexpr v8::FunctionCallback kConstructor = T::Constructor<&Construct>();
};

constinit const ClassSpec UrlPattern::kSpec = {
    .name = "URLPattern",
    .constructor = Members::kConstructor,
    .members = Members::kMembers,
};

}  // namespace verge::bindings
