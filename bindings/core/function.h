// From a C++ function to a V8 callback: receiver, arguments and result are converted as the C++ signature says.
//
//   struct Members : MemberTable<Headers> { … Method<"append", &Headers::Append>() … }
//
// A bound function is a member of the class's C++ object, or a static function that starts with `Cx&` (classes whose
// state is in slots take their receiver from `cx.self`). Either may take `Cx&` first. It returns void, a value, or
// Result<value>. Whether an argument may be left out follows from its type (std::optional, Nullable, Variadic,
// dictionaries, v8::Local<v8::Value>).
#ifndef BINDINGS_CORE_FUNCTION_H_
#define BINDINGS_CORE_FUNCTION_H_

#include <v8.h>

#include <algorithm>
#include <cstddef>
#include <expected>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "bindings/core/class_spec.h"
#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/core/object.h"

namespace verge::bindings {

// A string as a template argument.
template <size_t N>
struct FixedString {
  char text[N];
  constexpr FixedString(const char (&source)[N]) { std::copy_n(source, N, text); }  // NOLINT: literal
};

namespace internal {

template <typename T>
struct Signature;
template <typename R, typename... A>
struct Signature<R (*)(A...)> {
  using Result = R;
  using Receiver = void;
  using Arguments = std::tuple<std::decay_t<A>...>;
  static constexpr bool kTakesCx = false;
};
template <typename R, typename... A>
struct Signature<R (*)(Cx&, A...)> {
  using Result = R;
  using Receiver = void;
  using Arguments = std::tuple<std::decay_t<A>...>;
  static constexpr bool kTakesCx = true;
};
template <typename R, typename C, typename... A>
struct Signature<R (C::*)(A...)> {
  using Result = R;
  using Receiver = C;
  using Arguments = std::tuple<std::decay_t<A>...>;
  static constexpr bool kTakesCx = false;
};
template <typename R, typename C, typename... A>
struct Signature<R (C::*)(Cx&, A...)> {
  using Result = R;
  using Receiver = C;
  using Arguments = std::tuple<std::decay_t<A>...>;
  static constexpr bool kTakesCx = true;
};
template <typename R, typename C, typename... A>
struct Signature<R (C::*)(A...) const> : Signature<R (C::*)(A...)> {};
template <typename R, typename C, typename... A>
struct Signature<R (C::*)(Cx&, A...) const> : Signature<R (C::*)(Cx&, A...)> {};

template <typename T>
inline constexpr bool kIsOptional = Dictionary<T> || std::same_as<T, v8::Local<v8::Value>>;
template <typename T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <typename T>
inline constexpr bool kIsOptional<Variadic<T>> = true;
template <typename T>
inline constexpr bool kIsOptional<Nullable<T>> = false;

template <typename T>
inline constexpr bool kIsVariadic = false;
template <typename T>
inline constexpr bool kIsVariadic<Variadic<T>> = true;

// The number of arguments before the first one that may be left out.
template <typename Tuple>
consteval int RequiredArguments() {
  return []<size_t... I>(std::index_sequence<I...>) {
    int count = 0;
    bool required = true;
    ((required = required && !kIsOptional<std::tuple_element_t<I, Tuple>>, count += required), ...);
    return count;
  }(std::make_index_sequence<std::tuple_size_v<Tuple>>{});
}

template <typename T>
bool ConvertArgument(Cx& cx, const v8::FunctionCallbackInfo<v8::Value>& info, int index, T* out) {
  if constexpr (kIsVariadic<T>) {
    for (int i = index; i < info.Length(); ++i) {
      cx.argument = i + 1;
      if (!Convert<typename decltype(out->values)::value_type>::From(cx, info[i], &out->values.emplace_back()))
        return false;
    }
    return true;
  } else {
    cx.argument = index + 1;
    return Convert<T>::From(cx, info[index], out);
  }
}

// Left to right, stopping at the first that fails: the order is observable.
template <typename Tuple>
bool ConvertArguments(Cx& cx, const v8::FunctionCallbackInfo<v8::Value>& info, Tuple* out) {
  bool ok = [&]<size_t... I>(std::index_sequence<I...>) {
    return (ConvertArgument(cx, info, static_cast<int>(I), &std::get<I>(*out)) && ...);
  }(std::make_index_sequence<std::tuple_size_v<Tuple>>{});
  cx.argument = 0;
  return ok;
}

template <auto F, typename S = Signature<decltype(F)>>
decltype(auto) CallNative(Cx& cx, [[maybe_unused]] void* receiver, typename S::Arguments& arguments) {
  return std::apply(
      [&](auto&... a) -> decltype(auto) {
        if constexpr (std::is_void_v<typename S::Receiver>) {
          if constexpr (S::kTakesCx)
            return F(cx, std::move(a)...);
          else
            return F(std::move(a)...);
        } else {
          auto* object = static_cast<typename S::Receiver*>(receiver);
          if constexpr (S::kTakesCx)
            return (object->*F)(cx, std::move(a)...);
          else
            return (object->*F)(std::move(a)...);
        }
      },
      arguments);
}

// Hands a value that a native function returned to JavaScript. False: an error is pending or returned in `error`.
template <typename T>
bool SetReturn(Cx& cx, T&& value, v8::ReturnValue<v8::Value> out) {
  using V = std::decay_t<T>;
  if constexpr (std::same_as<V, bool> || std::same_as<V, int32_t> || std::same_as<V, uint32_t> ||
                std::same_as<V, double>) {
    out.Set(value);
    return true;
  } else {
    v8::Local<v8::Value> local;
    if (!ToJs(cx, std::forward<T>(value)).ToLocal(&local)) return false;
    out.Set(local);
    return true;
  }
}

template <typename T>
inline constexpr bool kIsResult = false;
template <typename T>
inline constexpr bool kIsResult<std::expected<T, Error>> = true;

bool ThrowTooFewArguments(Cx& cx, int required, int given);
void RejectWithPending(Cx& cx, v8::TryCatch& try_catch, v8::ReturnValue<v8::Value> out);

template <auto F>
bool CallAndReturn(Cx& cx, const v8::FunctionCallbackInfo<v8::Value>& info, void* receiver) {
  using S = Signature<decltype(F)>;
  using Tuple = typename S::Arguments;
  constexpr int kRequired = RequiredArguments<Tuple>();
  if constexpr (kRequired > 0) {
    if (info.Length() < kRequired) [[unlikely]]
      return ThrowTooFewArguments(cx, kRequired, info.Length());
  }
  Tuple arguments;
  if (!ConvertArguments(cx, info, &arguments)) return false;
  using R = typename S::Result;
  if constexpr (std::is_void_v<R>) {
    CallNative<F>(cx, receiver, arguments);
    return true;
  } else if constexpr (kIsResult<R>) {
    R result = CallNative<F>(cx, receiver, arguments);
    if (!result) {
      Throw(cx.isolate, result.error());
      return false;
    }
    if constexpr (std::is_void_v<typename R::value_type>)
      return true;
    else
      return SetReturn(cx, *std::move(result), info.GetReturnValue());
  } else {
    return SetReturn(cx, CallNative<F>(cx, receiver, arguments), info.GetReturnValue());
  }
}

inline Cx MakeCx(const v8::FunctionCallbackInfo<v8::Value>& info, const char* class_name, const char* member_name) {
  v8::Isolate* isolate = info.GetIsolate();
  return Cx{isolate, isolate->GetCurrentContext(), class_name, member_name, info.This(), info.NewTarget()};
}

// Methods and accessors: V8 has checked the receiver by the template's Signature.
template <typename T, FixedString kName, auto F>
void Trampoline(const v8::FunctionCallbackInfo<v8::Value>& info) {
  Cx cx = MakeCx(info, T::kSpec.name, kName.text);
  if (cx.realm().CountCall()) return;
  void* receiver = nullptr;
  if constexpr (!std::is_void_v<typename Signature<decltype(F)>::Receiver>) {
    receiver = UnwrapChecked<T>(cx.self);
    if (!receiver) [[unlikely]] {  // an instance whose constructor never finished
      Throw(cx.isolate, TypeError("Illegal invocation").error());
      return;
    }
  }
  CallAndReturn<F>(cx, info, receiver);
}

// Functions that return a promise: https://webidl.spec.whatwg.org/#dfn-create-operation-function, "try catch".
template <typename T, FixedString kName, auto F>
void AsyncTrampoline(const v8::FunctionCallbackInfo<v8::Value>& info) {
  Cx cx = MakeCx(info, T::kSpec.name, kName.text);
  if (cx.realm().CountCall()) return;
  v8::TryCatch try_catch(cx.isolate);
  bool ok = false;
  if (!IsInstance(cx.self, T::kSpec)) {
    Throw(cx.isolate, TypeError("Illegal invocation").error());
  } else {
    ok = CallAndReturn<F>(cx, info, nullptr);
  }
  if (!ok) RejectWithPending(cx, try_catch, info.GetReturnValue());
}

template <typename T, FixedString kName, auto F>
void StaticTrampoline(const v8::FunctionCallbackInfo<v8::Value>& info) {
  Cx cx = MakeCx(info, T::kSpec.name, kName.text);
  if (cx.realm().CountCall()) return;
  CallAndReturn<F>(cx, info, nullptr);
}

// Functions on the global object.
template <FixedString kName, auto F>
void GlobalTrampoline(const v8::FunctionCallbackInfo<v8::Value>& info) {
  Cx cx = MakeCx(info, "", kName.text);
  if (cx.realm().CountCall()) return;
  CallAndReturn<F>(cx, info, nullptr);
}

template <FixedString kName, auto F>
void AsyncGlobalTrampoline(const v8::FunctionCallbackInfo<v8::Value>& info) {
  Cx cx = MakeCx(info, "", kName.text);
  if (cx.realm().CountCall()) return;
  v8::TryCatch try_catch(cx.isolate);
  if (!CallAndReturn<F>(cx, info, nullptr)) RejectWithPending(cx, try_catch, info.GetReturnValue());
}

void ThrowNotConstructing(Cx& cx);

// F returns Result<std::unique_ptr<T>> (the C++ object) or Result<> (a class whose state is in the slots of cx.self).
template <typename T, auto F>
void ConstructTrampoline(const v8::FunctionCallbackInfo<v8::Value>& info) {
  using S = Signature<decltype(F)>;
  using Tuple = typename S::Arguments;
  Cx cx = MakeCx(info, T::kSpec.name, "");
  if (!info.IsConstructCall()) {
    ThrowNotConstructing(cx);
    return;
  }
  InitializeObject(cx.self, T::kSpec);
  // Only now: termination unwinds at the next stack check, and until then the object is there to be used.
  if (cx.realm().CountCall()) return;
  constexpr int kRequired = RequiredArguments<Tuple>();
  if (info.Length() < kRequired) {
    ThrowTooFewArguments(cx, kRequired, info.Length());
    return;
  }
  Tuple arguments;
  if (!ConvertArguments(cx, info, &arguments)) return;
  auto result = CallNative<F>(cx, nullptr, arguments);
  if (!result) {
    Throw(cx.isolate, result.error());
    return;
  }
  if constexpr (!std::is_void_v<typename decltype(result)::value_type>) {
    Attach(cx.isolate, cx.self, std::unique_ptr<Native>(*std::move(result)));
  }
}

}  // namespace internal

// Entries of a class's table.
template <typename T>
struct Table {
  template <FixedString kName, auto F>
  static constexpr Member Method() {
    return {.kind = MemberKind::kMethod,
            .name = kName.text,
            .callback = &internal::Trampoline<T, kName, F>,
            .length = kLength<F>};
  }
  template <FixedString kName, auto F>
  static constexpr Member AsyncMethod() {
    static_assert(std::is_void_v<typename internal::Signature<decltype(F)>::Receiver>,
                  "asynchronous methods are static functions that take Cx&");
    return {.kind = MemberKind::kAsyncMethod,
            .name = kName.text,
            .callback = &internal::AsyncTrampoline<T, kName, F>,
            .length = kLength<F>};
  }
  template <FixedString kName, auto Get>
  static constexpr Member Getter() {
    return {.kind = MemberKind::kGetter,
            .name = kName.text,
            .callback = &internal::Trampoline<T, kName, Get>,
            .pure = true};
  }
  template <FixedString kName, auto Get, auto Set>
  static constexpr Member Accessor() {
    return {.kind = MemberKind::kGetter,
            .name = kName.text,
            .callback = &internal::Trampoline<T, kName, Get>,
            .setter = &internal::Trampoline<T, kName, Set>,
            .pure = true};
  }
  template <FixedString kName, auto F>
  static constexpr Member Static() {
    return {.kind = MemberKind::kStatic,
            .name = kName.text,
            .callback = &internal::StaticTrampoline<T, kName, F>,
            .length = kLength<F>};
  }
  static constexpr Member Constant(const char* name, double value) {
    return {.kind = MemberKind::kConstant, .name = name, .constant = value};
  }
  template <auto F>
  static constexpr v8::FunctionCallback Constructor() {
    return &internal::ConstructTrampoline<T, F>;
  }

  template <auto F>
  static constexpr int kLength = internal::RequiredArguments<typename internal::Signature<decltype(F)>::Arguments>();
};

// A function on the global object.
struct GlobalFunction {
  const char* name;
  v8::FunctionCallback callback;
  int length;
};
template <FixedString kName, auto F>
constexpr GlobalFunction Function() {
  return {kName.text, &internal::GlobalTrampoline<kName, F>,
          internal::RequiredArguments<typename internal::Signature<decltype(F)>::Arguments>()};
}

// One that returns a promise and never throws.
template <FixedString kName, auto F>
constexpr GlobalFunction AsyncFunction() {
  return {kName.text, &internal::AsyncGlobalTrampoline<kName, F>,
          internal::RequiredArguments<typename internal::Signature<decltype(F)>::Arguments>()};
}

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_FUNCTION_H_
