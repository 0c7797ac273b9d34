#include "bindings/fetch/headers.h"

#include <algorithm>

namespace verge::bindings {
namespace {

std::string Lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return result;
}

bool IsHttpWhitespace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// https://fetch.spec.whatwg.org/#concept-header-value-normalize
void Normalize(std::string* value) {
  size_t begin = 0;
  size_t end = value->size();
  while (begin < end && IsHttpWhitespace((*value)[begin])) ++begin;
  while (end > begin && IsHttpWhitespace((*value)[end - 1])) --end;
  if (begin != 0 || end != value->size()) *value = value->substr(begin, end - begin);
}

// A header value: no NUL, CR or LF inside.
bool IsValidValue(std::string_view value) {
  return std::ranges::none_of(value, [](char c) { return c == '\0' || c == '\r' || c == '\n'; });
}

Error InvalidName(const Cx& cx, std::string_view name) {
  return cx.MakeTypeError("'" + std::string(name) + "' is not a valid HTTP header field name.");
}

}  // namespace

bool Convert<HeadersInit>::From(Cx& cx, v8::Local<v8::Value> value, HeadersInit* out) {
  using Sequence = std::vector<std::vector<ByteString>>;
  using Pairs = Record<ByteString, ByteString>;
  if (!value->IsObject()) {
    return cx.ThrowTypeError(
        "The provided value is not of type '(record<ByteString, ByteString> or "
        "sequence<sequence<ByteString>>)'.");
  }
  v8::Local<v8::Object> object = value.As<v8::Object>();
  v8::Local<v8::Function> method;
  if (!GetIteratorMethod(cx, object, &method)) return false;
  if (method.IsEmpty()) return Convert<Pairs>::From(cx, value, &out->value.emplace<Pairs>());
  if (auto* headers = Unwrap<Headers>(value)) {
    v8::Local<v8::Function> own;
    if (!cx.realm().internal_function(cx.context, Name::kIterateHeaders).ToLocal(&own)) return false;
    if (method == own) {
      out->value = headers;
      return true;
    }
  }
  return Convert<Sequence>::FromIterable(cx, object, method, &out->value.emplace<Sequence>());
}

Result<std::unique_ptr<Native>> Headers::Construct(Cx& cx, std::optional<HeadersInit> init) {
  auto headers = std::make_unique<Headers>();
  if (init) {
    if (auto filled = headers->Fill(cx, *init); !filled) return std::unexpected(filled.error());
  }
  return std::unique_ptr<Native>(std::move(headers));
}

Result<> Headers::Fill(Cx& cx, const HeadersInit& init) {
  if (auto* const* other = std::get_if<Headers*>(&init.value)) {
    Fill(**other);
    return {};
  }
  if (const auto* sequence = std::get_if<std::vector<std::vector<ByteString>>>(&init.value)) {
    for (const auto& pair : *sequence) {
      if (pair.size() != 2) return std::unexpected(cx.MakeTypeError("Each header has to be a pair of name and value."));
      if (auto result = Append(cx, pair[0], pair[1]); !result) return result;
    }
    return {};
  }
  for (const auto& [name, value] : std::get<Record<ByteString, ByteString>>(init.value).entries) {
    if (auto result = Append(cx, name, value); !result) return result;
  }
  return {};
}

void Headers::Fill(const Headers& other) {
  MakeOwn();
  sorted_.reset();
  if (&other == this) return;
  other.ForEach([this](std::string_view name, std::string_view value) { fields_.Add(name, value); });
  Report();
}

void Headers::MakeOwn() {
  if (!head_) return;
  for (const http::HeaderField& field : head_->headers()) {
    fields_.Add(field.name, field.value);
  }
  head_.reset();
}

Result<> Headers::CheckWritable(Cx& cx, std::string_view name, std::string* value) {
  if (value) Normalize(value);
  if (!http::IsToken(name)) return std::unexpected(InvalidName(cx, name));
  if (value && !IsValidValue(*value)) {
    return std::unexpected(cx.MakeTypeError("Invalid header value."));
  }
  if (immutable_) return TypeError("Can't modify immutable headers.");
  sorted_.reset();
  return {};
}

Result<> Headers::Append(Cx& cx, ByteString name, ByteString value) {
  if (auto result = CheckWritable(cx, name.value, &value.value); !result) return result;
  MakeOwn();
  fields_.Add(name.value, value.value);
  Report();
  return {};
}

Result<> Headers::Delete(Cx& cx, ByteString name) {
  if (auto result = CheckWritable(cx, name.value, nullptr); !result) return result;
  MakeOwn();
  fields_.Remove(name.value);
  Report();
  return {};
}

std::optional<std::string> Headers::Find(std::string_view name) const {
  std::optional<std::string> result;
  ForEach([&](std::string_view field, std::string_view value) {
    if (!http::EqualsIgnoreCase(field, name)) return;
    if (result) {
      *result += ", ";
      *result += value;
    } else {
      result = std::string(value);
    }
  });
  return result;
}

bool Headers::Contains(std::string_view name) const {
  bool found = false;
  ForEach([&](std::string_view field, std::string_view) { found = found || http::EqualsIgnoreCase(field, name); });
  return found;
}

Result<v8::Local<v8::Value>> Headers::Get(Cx& cx, ByteString name) {
  if (!http::IsToken(name.value)) return std::unexpected(InvalidName(cx, name.value));
  // Most names are there once: their values need no copy.
  std::optional<std::string_view> first;
  bool again = false;
  ForEach([&](std::string_view field, std::string_view value) {
    if (!http::EqualsIgnoreCase(field, name.value)) return;
    if (first) again = true;
    if (!first) first = value;
  });
  if (!first) return v8::Null(cx.isolate).As<v8::Value>();
  v8::Local<v8::String> result;
  if (!NewOneByteString(cx.isolate, again ? *Find(name.value) : *first).ToLocal(&result)) return Pending();
  return result.As<v8::Value>();
}

// Cloudflare's, older than getSetCookie.
Result<std::vector<ByteString>> Headers::GetAll(Cx& cx, ByteString name) {
  if (!http::EqualsIgnoreCase(name.value, "set-cookie")) {
    return TypeError("getAll() can only be used with the header name \"Set-Cookie\".");
  }
  return GetSetCookie();
}

std::vector<ByteString> Headers::GetSetCookie() {
  std::vector<ByteString> values;
  ForEach([&](std::string_view field, std::string_view value) {
    if (http::EqualsIgnoreCase(field, "set-cookie")) values.push_back({std::string(value)});
  });
  return values;
}

Result<bool> Headers::Has(Cx& cx, ByteString name) {
  if (!http::IsToken(name.value)) return std::unexpected(InvalidName(cx, name.value));
  return Contains(name.value);
}

Result<> Headers::Set(Cx& cx, ByteString name, ByteString value) {
  if (auto result = CheckWritable(cx, name.value, &value.value); !result) return result;
  SetTrusted(name.value, value.value);
  return {};
}

void Headers::SetTrusted(std::string_view name, std::string_view value) {
  MakeOwn();
  sorted_.reset();
  fields_.Set(name, value);
  Report();
}

// https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine
const std::vector<std::pair<std::string, std::string>>& Headers::Sorted() {
  if (sorted_) return *sorted_;
  sorted_ = std::make_unique<std::vector<std::pair<std::string, std::string>>>();
  ForEach([this](std::string_view name, std::string_view value) { sorted_->emplace_back(Lower(name), value); });
  std::ranges::stable_sort(*sorted_, {}, [](const auto& pair) -> const std::string& { return pair.first; });
  size_t out = 0;
  for (size_t i = 0; i < sorted_->size(); ++i) {
    auto& pair = (*sorted_)[i];
    if (out > 0 && (*sorted_)[out - 1].first == pair.first && pair.first != "set-cookie") {
      (*sorted_)[out - 1].second += ", " + pair.second;
      continue;
    }
    if (out != i) (*sorted_)[out] = std::move(pair);
    ++out;
  }
  sorted_->resize(out);
  return *sorted_;
}

bool Headers::PairAt(v8::Isolate* isolate, size_t index, v8::MaybeLocal<v8::Value>* key,
                     v8::MaybeLocal<v8::Value>* value) {
  const auto& sorted = Sorted();
  if (index >= sorted.size()) return false;
  v8::Local<v8::String> text;
  if (NewOneByteString(isolate, sorted[index].first).ToLocal(&text)) *key = text.As<v8::Value>();
  if (NewOneByteString(isolate, sorted[index].second).ToLocal(&text)) *value = text.As<v8::Value>();
  return true;
}

}  // namespace verge::bindings
