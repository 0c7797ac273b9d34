// Conversions between JavaScript values and C++ types by the rules of Web IDL
// (https://webidl.spec.whatwg.org/#js-type-mapping).
//
// A C++ parameter type names the IDL type: `std::string` is USVString, `ByteString` is ByteString, `std::optional<T>`
// an optional argument, and so on down this file. From() returns false when an exception is pending or execution is
// being terminated; conversions run user code (toString, valueOf, getters), so anything can have happened afterwards.
#ifndef BINDINGS_CORE_CONVERT_H_
#define BINDINGS_CORE_CONVERT_H_

#include <v8.h>

#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "bindings/core/class_spec.h"
#include "bindings/core/error.h"
#include "bindings/core/object.h"
#include "bindings/core/realm.h"
#include "bindings/core/strings.h"

namespace verge::bindings {

// One call from JavaScript into C++: where it happens and, for messages, what is being called.
struct Cx {
  v8::Isolate* isolate;
  v8::Local<v8::Context> context;
  const char* class_name;           // "" for global functions
  const char* member_name;          // "" for constructors
  v8::Local<v8::Object> self;       // the receiver; for constructors the new instance
  v8::Local<v8::Value> new_target;  // undefined unless constructing
  int argument = 0;                 // being converted, from 1; 0: not an argument

  Realm& realm() const { return Realm::From(isolate); }

  // "Failed to execute 'append' on 'Headers'" and its variants.
  [[nodiscard]] std::string Where() const;

  // Throws a TypeError: Where() + ": " + what. Returns false.
  bool ThrowTypeError(std::string_view what) const;
  bool ThrowRangeError(std::string_view what) const;

  // The same as an Error to return.
  [[nodiscard]] Error MakeTypeError(std::string_view what) const;
};

// --- Types that name IDL types

struct ByteString {
  std::string value;
};
// [EnforceRange] and [Clamp].
template <std::integral T>
struct EnforceRange {
  T value;
};
template <std::integral T>
struct Clamp {
  T value;
};
// T? : null and undefined are nothing.
template <typename T>
struct Nullable {
  std::optional<T> value;
};
// T... : all remaining arguments.
template <typename T>
struct Variadic {
  std::vector<T> values;
};
// record<K, V>, in property order. K is ByteString: with others, keys can become equal when they are converted.
template <typename K, typename V>
struct Record {
  std::vector<std::pair<K, V>> entries;
};
// ArrayBuffer or a view of one (not of a SharedArrayBuffer). The bytes may move or vanish as soon as user code runs
// again.
struct BufferSource {
  v8::Local<v8::Value> object;
  [[nodiscard]] std::span<uint8_t> bytes() const;
};
// A callback interface or function.
struct Callback {
  v8::Local<v8::Function> function;
};
// Any value, but an argument that has to be there.
struct AnyValue {
  v8::Local<v8::Value> value;
};
// Converted to a string as DOMString, kept as the V8 string.
using DomString = v8::Local<v8::String>;

// --- JavaScript to C++

template <typename T>
struct Convert;

template <typename T>
concept Convertible = requires(Cx& cx, v8::Local<v8::Value> value, T* out) {
  { Convert<T>::From(cx, value, out) } -> std::same_as<bool>;
};

template <>
struct Convert<v8::Local<v8::Value>> {
  static bool From(Cx&, v8::Local<v8::Value> value, v8::Local<v8::Value>* out) {
    *out = value;
    return true;
  }
};
template <>
struct Convert<AnyValue> {
  static bool From(Cx&, v8::Local<v8::Value> value, AnyValue* out) {
    out->value = value;
    return true;
  }
};
template <>
struct Convert<bool> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, bool* out) {
    *out = value->BooleanValue(cx.isolate);
    return true;
  }
};
template <>
struct Convert<double> {  // unrestricted double
  static bool From(Cx& cx, v8::Local<v8::Value> value, double* out) { return value->NumberValue(cx.context).To(out); }
};

// ConvertToInt of Web IDL: modulo 2^bits, or by the attribute.
enum class IntMode : uint8_t { kModulo, kEnforceRange, kClamp };
bool ConvertToInt(Cx& cx, v8::Local<v8::Value> value, int bits, bool is_signed, IntMode mode, int64_t* out);

template <std::integral T>
  requires(!std::same_as<T, bool>)
struct Convert<T> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, T* out) {
    int64_t result = 0;
    if (!ConvertToInt(cx, value, sizeof(T) * 8, std::is_signed_v<T>, IntMode::kModulo, &result)) return false;
    *out = static_cast<T>(result);
    return true;
  }
};
template <std::integral T>
struct Convert<EnforceRange<T>> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, EnforceRange<T>* out) {
    int64_t result = 0;
    if (!ConvertToInt(cx, value, sizeof(T) * 8, std::is_signed_v<T>, IntMode::kEnforceRange, &result)) return false;
    out->value = static_cast<T>(result);
    return true;
  }
};
template <std::integral T>
struct Convert<Clamp<T>> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, Clamp<T>* out) {
    int64_t result = 0;
    if (!ConvertToInt(cx, value, sizeof(T) * 8, std::is_signed_v<T>, IntMode::kClamp, &result)) return false;
    out->value = static_cast<T>(result);
    return true;
  }
};

template <>
struct Convert<DomString> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, DomString* out) {
    if (value->IsString()) {
      *out = value.As<v8::String>();
      return true;
    }
    return value->ToString(cx.context).ToLocal(out);  // throws for symbols
  }
};
template <>
struct Convert<std::string> {  // USVString
  static bool From(Cx& cx, v8::Local<v8::Value> value, std::string* out) {
    DomString string;
    if (!Convert<DomString>::From(cx, value, &string)) return false;
    out->clear();
    AppendUtf8(cx.isolate, string, out);
    return true;
  }
};
template <>
struct Convert<ByteString> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, ByteString* out);
};
template <>
struct Convert<v8::Local<v8::Object>> {  // object
  static bool From(Cx& cx, v8::Local<v8::Value> value, v8::Local<v8::Object>* out);
};
template <>
struct Convert<Callback> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, Callback* out);
};
template <>
struct Convert<BufferSource> {
  static bool Accepts(v8::Local<v8::Value> value);
  static bool From(Cx& cx, v8::Local<v8::Value> value, BufferSource* out);
};

// Throws "parameter 1 is not of type 'X'." Returns false.
bool ThrowNotOfType(Cx& cx, const char* type);

// Interfaces with a C++ object.
template <typename T>
  requires std::derived_from<T, Native>
struct Convert<T*> {
  static bool Accepts(v8::Local<v8::Value> value) { return Unwrap<T>(value) != nullptr; }
  static bool From(Cx& cx, v8::Local<v8::Value> value, T** out) {
    *out = Unwrap<T>(value);
    return *out || ThrowNotOfType(cx, T::kSpec.name);
  }
};

template <typename T>
struct Convert<std::optional<T>> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, std::optional<T>* out) {
    if (value->IsUndefined()) {
      out->reset();
      return true;
    }
    return Convert<T>::From(cx, value, &out->emplace());
  }
};
template <typename T>
struct Convert<Nullable<T>> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, Nullable<T>* out) {
    if (value->IsNullOrUndefined()) {
      out->value.reset();
      return true;
    }
    return Convert<T>::From(cx, value, &out->value.emplace());
  }
};

// Iterates `iterable` with `method` (its [Symbol.iterator]), calling `each` until it returns false.
bool ForEachOf(Cx& cx, v8::Local<v8::Object> iterable, v8::Local<v8::Function> method,
               bool (*each)(Cx& cx, v8::Local<v8::Value> item, void* data), void* data);

// GetMethod(value, @@iterator): sets `out` to empty when there is none. False: exception.
bool GetIteratorMethod(Cx& cx, v8::Local<v8::Object> object, v8::Local<v8::Function>* out);

template <typename T>
struct Convert<std::vector<T>> {  // sequence<T>
  static bool From(Cx& cx, v8::Local<v8::Value> value, std::vector<T>* out) {
    v8::Local<v8::Function> method;
    if (!value->IsObject()) return cx.ThrowTypeError("The provided value cannot be converted to a sequence.");
    if (!GetIteratorMethod(cx, value.As<v8::Object>(), &method)) return false;
    if (method.IsEmpty()) return cx.ThrowTypeError("The object must have a callable @@iterator property.");
    return FromIterable(cx, value.As<v8::Object>(), method, out);
  }
  static bool FromIterable(Cx& cx, v8::Local<v8::Object> object, v8::Local<v8::Function> method, std::vector<T>* out) {
    out->clear();
    return ForEachOf(
        cx, object, method,
        [](Cx& cx, v8::Local<v8::Value> item, void* data) {
          return Convert<T>::From(cx, item, &static_cast<std::vector<T>*>(data)->emplace_back());
        },
        out);
  }
};

// The own enumerable keys of `object`, in order, as [[OwnPropertyKeys]] and [[GetOwnProperty]] give them. `on_key` is
// called before the value is read.
bool ForEachOwnProperty(Cx& cx, v8::Local<v8::Object> object,
                        bool (*each)(Cx& cx, v8::Local<v8::Value> key, v8::Local<v8::Value> value, void* data),
                        void* data, bool (*on_key)(Cx& cx, v8::Local<v8::Value> key, void* data) = nullptr);

template <typename V>
struct Convert<Record<ByteString, V>> {
  // The keys of an object are different strings, and stay so as bytes: there are no entries to overwrite.
  static bool From(Cx& cx, v8::Local<v8::Value> value, Record<ByteString, V>* out) {
    if (!value->IsObject()) return cx.ThrowTypeError("The provided value is not an object.");
    return ForEachOwnProperty(
        cx, value.As<v8::Object>(),
        [](Cx& cx, v8::Local<v8::Value>, v8::Local<v8::Value> value, void* data) {
          auto& entry = static_cast<Record<ByteString, V>*>(data)->entries.back();
          return Convert<V>::From(cx, value, &entry.second);
        },
        out,
        [](Cx& cx, v8::Local<v8::Value> key, void* data) {
          auto& entry = static_cast<Record<ByteString, V>*>(data)->entries.emplace_back();
          return Convert<ByteString>::From(cx, key, &entry.first);
        });
  }
};

// --- Dictionaries: a struct with a static `bool Read(Cx&, v8::Local<v8::Object>, T*)` that reads its members in
// lexicographical order with ReadMember. null and undefined give the defaults.
template <typename T>
concept Dictionary = requires(Cx& cx, v8::Local<v8::Object> object, T* out) {
  { T::Read(cx, object, out) } -> std::same_as<bool>;
};
template <Dictionary T>
struct Convert<T> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, T* out) {
    if (value->IsNullOrUndefined()) return true;
    if (!value->IsObject()) {
      return cx.ThrowTypeError(cx.argument ? "parameter " + std::to_string(cx.argument) + " is not an object."
                                           : std::string("The provided value is not an object."));
    }
    return T::Read(cx, value.As<v8::Object>(), out);
  }
};

// Reads `object[name]` into `out`, which stays as it is when the property is undefined.
template <typename T>
bool ReadMember(Cx& cx, v8::Local<v8::Object> object, Name name, T* out) {
  v8::Local<v8::Value> value;
  if (!object->Get(cx.context, cx.realm().name(name)).ToLocal(&value)) return false;
  if (value->IsUndefined()) return true;
  if constexpr (requires { out->emplace(); }) {
    return Convert<typename T::value_type>::From(cx, value, &out->emplace());
  } else {
    return Convert<T>::From(cx, value, out);
  }
}

// --- Unions (https://webidl.spec.whatwg.org/#js-union): interfaces and buffers first, then sequences and records or
// dictionaries, then the one string, number or boolean arm. Unions that Web IDL forbids do not compile.
namespace internal {
template <typename T>
inline constexpr bool kIsInterface = false;
template <typename T>
  requires std::derived_from<T, Native>
inline constexpr bool kIsInterface<T*> = true;
template <>
inline constexpr bool kIsInterface<BufferSource> = true;
template <typename T>
inline constexpr bool kIsSequence = false;
template <typename T>
inline constexpr bool kIsSequence<std::vector<T>> = true;
template <typename T>
inline constexpr bool kIsRecord = Dictionary<T>;
template <typename K, typename V>
inline constexpr bool kIsRecord<Record<K, V>> = true;
template <typename T>
inline constexpr bool kIsString =
    std::same_as<T, std::string> || std::same_as<T, ByteString> || std::same_as<T, DomString>;
template <typename T>
inline constexpr bool kIsNumber = (std::integral<T> && !std::same_as<T, bool>) || std::same_as<T, double>;
}  // namespace internal

template <typename... Arms>
struct Convert<std::variant<Arms...>> {
  using Union = std::variant<Arms...>;
  static_assert((internal::kIsString<Arms> + ... + 0) <= 1, "Web IDL: at most one string type in a union");
  static_assert((internal::kIsNumber<Arms> + ... + 0) <= 1, "Web IDL: at most one numeric type in a union");
  static_assert((internal::kIsSequence<Arms> + ... + 0) <= 1, "Web IDL: at most one sequence in a union");
  static_assert((internal::kIsRecord<Arms> + ... + 0) <= 1, "Web IDL: at most one record or dictionary in a union");

  static bool From(Cx& cx, v8::Local<v8::Value> value, Union* out) {
    if (value->IsNullOrUndefined() && (Dictionary<Arms> || ...)) return Arm<IsRecordArm>(cx, value, out);
    bool converted = false;
    bool ok = true;
    (TryInterface<Arms>(cx, value, out, &converted, &ok), ...);
    if (converted) return ok;
    if (value->IsObject()) {
      if constexpr ((internal::kIsSequence<Arms> || ...)) {
        v8::Local<v8::Function> method;
        if (!GetIteratorMethod(cx, value.As<v8::Object>(), &method)) return false;
        if (!method.IsEmpty()) return SequenceArm(cx, value.As<v8::Object>(), method, out);
      }
      if constexpr ((internal::kIsRecord<Arms> || ...)) return Arm<IsRecordArm>(cx, value, out);
    }
    if constexpr ((std::same_as<Arms, bool> || ...)) {
      if (value->IsBoolean()) return Arm<IsBoolArm>(cx, value, out);
    }
    if constexpr ((internal::kIsNumber<Arms> || ...)) {
      if (value->IsNumber()) return Arm<IsNumberArm>(cx, value, out);
    }
    if constexpr ((internal::kIsString<Arms> || ...)) {
      return Arm<IsStringArm>(cx, value, out);
    } else if constexpr ((internal::kIsNumber<Arms> || ...)) {
      return Arm<IsNumberArm>(cx, value, out);
    } else if constexpr ((std::same_as<Arms, bool> || ...)) {
      return Arm<IsBoolArm>(cx, value, out);
    } else {
      return cx.ThrowTypeError("The provided value is not of one of the accepted types.");
    }
  }

 private:
  struct IsRecordArm {
    template <typename T>
    static constexpr bool kValue = internal::kIsRecord<T>;
  };
  struct IsStringArm {
    template <typename T>
    static constexpr bool kValue = internal::kIsString<T>;
  };
  struct IsNumberArm {
    template <typename T>
    static constexpr bool kValue = internal::kIsNumber<T>;
  };
  struct IsBoolArm {
    template <typename T>
    static constexpr bool kValue = std::same_as<T, bool>;
  };

  template <typename Predicate>
  static bool Arm(Cx& cx, v8::Local<v8::Value> value, Union* out) {
    bool ok = false;
    (
        [&] {
          if constexpr (Predicate::template kValue<Arms>)
            ok = Convert<Arms>::From(cx, value, &out->template emplace<Arms>());
        }(),
        ...);
    return ok;
  }
  static bool SequenceArm(Cx& cx, v8::Local<v8::Object> object, v8::Local<v8::Function> method, Union* out) {
    bool ok = false;
    (
        [&] {
          if constexpr (internal::kIsSequence<Arms>)
            ok = Convert<Arms>::FromIterable(cx, object, method, &out->template emplace<Arms>());
        }(),
        ...);
    return ok;
  }
  template <typename T>
  static void TryInterface(Cx& cx, v8::Local<v8::Value> value, Union* out, bool* converted, bool* ok) {
    if constexpr (internal::kIsInterface<T>) {
      if (*converted || !Convert<T>::Accepts(value)) return;
      *converted = true;
      *ok = Convert<T>::From(cx, value, &out->template emplace<T>());
    }
  }
};

// --- C++ to JavaScript. Empty: exception or termination.

inline v8::MaybeLocal<v8::Value> ToJs(Cx&, v8::Local<v8::Value> value) { return value; }
template <typename T>
  requires std::derived_from<T, v8::Value>
v8::MaybeLocal<v8::Value> ToJs(Cx&, v8::Local<T> value) {
  return value.template As<v8::Value>();
}
template <typename T>
  requires std::derived_from<T, v8::Value>
v8::MaybeLocal<v8::Value> ToJs(Cx&, v8::MaybeLocal<T> value) {
  v8::Local<T> local;
  return value.ToLocal(&local) ? v8::MaybeLocal<v8::Value>(local) : v8::MaybeLocal<v8::Value>();
}
inline v8::MaybeLocal<v8::Value> ToJs(Cx& cx, bool value) { return v8::Boolean::New(cx.isolate, value); }
inline v8::MaybeLocal<v8::Value> ToJs(Cx& cx, double value) { return v8::Number::New(cx.isolate, value); }
template <std::integral T>
  requires(!std::same_as<T, bool>)
v8::MaybeLocal<v8::Value> ToJs(Cx& cx, T value) {
  if constexpr (sizeof(T) < 4 || std::same_as<T, int32_t>) return v8::Integer::New(cx.isolate, value);
  if constexpr (std::same_as<T, uint32_t>) return v8::Integer::NewFromUnsigned(cx.isolate, value);
  return v8::Number::New(cx.isolate, static_cast<double>(value));
}
v8::MaybeLocal<v8::Value> ToJs(Cx& cx, std::string_view utf8);
v8::MaybeLocal<v8::Value> ToJs(Cx& cx, const ByteString& value);
inline v8::MaybeLocal<v8::Value> ToJs(Cx& cx, const std::string& utf8) { return ToJs(cx, std::string_view(utf8)); }
template <typename T>
v8::MaybeLocal<v8::Value> ToJs(Cx& cx, const std::optional<T>& value) {
  if (!value) return v8::Null(cx.isolate).As<v8::Value>();
  return ToJs(cx, *value);
}
template <typename T>
v8::MaybeLocal<v8::Value> ToJs(Cx& cx, const std::vector<T>& values) {
  std::vector<v8::Local<v8::Value>> items;
  items.reserve(values.size());
  for (const T& value : values) {
    v8::Local<v8::Value> item;
    if (!ToJs(cx, value).ToLocal(&item)) return {};
    items.push_back(item);
  }
  return v8::Array::New(cx.isolate, items.data(), items.size()).template As<v8::Value>();
}

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_CONVERT_H_
