#include "bindings/url/url_search_params.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "bindings/core/function.h"
#include "bindings/core/strings.h"
#include "bindings/url/url.h"
#include "bindings/url/with_utf8.h"

namespace verge::bindings {
namespace {

// The URL whose query this is, or undefined.
constexpr int kUrlSlot = 0;

// What a pair costs beside its characters.
constexpr size_t kPairBytes = sizeof(FormList::value_type);

std::string_view WithoutQuestionMark(std::string_view search) {
  if (search.starts_with('?')) search.remove_prefix(1);
  return search;
}

// record<USVString, USVString>
struct RecordReader {
  static bool Read(Cx& cx, v8::Local<v8::Value> key, v8::Local<v8::Value> value, void* data) {
    auto* reader = static_cast<RecordReader*>(data);
    std::string name;
    std::string text;
    if (!Convert<std::string>::From(cx, key, &name) || !Convert<std::string>::From(cx, value, &text)) return false;
    // Keys of an object differ from each other, until lone surrogates in them have become U+FFFD.
    if (name.find("\xEF\xBF\xBD") != std::string::npos) {
      auto [known, inserted] = reader->replaced.emplace(name, reader->list->size());
      if (!inserted) {
        (*reader->list)[known->second].second = std::move(text);
        return true;
      }
    }
    reader->list->emplace_back(std::move(name), std::move(text));
    return true;
  }

  FormList* list;
  std::unordered_map<std::string, size_t> replaced;
};

}  // namespace

v8::MaybeLocal<v8::Object> UrlSearchParams::CreateForUrl(Cx& cx, v8::Local<v8::Object> url, std::string_view search) {
  auto params = std::make_unique<UrlSearchParams>();
  params->Reset(cx, search);
  v8::Local<v8::Object> wrapper;
  if (!NewObject(cx.isolate, std::move(params)).ToLocal(&wrapper)) return {};
  SetSlot(wrapper, kUrlSlot, url);
  return wrapper;
}

void UrlSearchParams::Reset(Cx&, std::string_view search) {
  list_ = ParseFormUrlencoded(WithoutQuestionMark(search));
  changed_ = false;
  bytes_ = 0;
  for (const auto& [name, value] : list_) bytes_ += name.size() + value.size();
  Report();
}

bool UrlSearchParams::PairAt(v8::Isolate* isolate, size_t index, v8::MaybeLocal<v8::Value>* key,
                             v8::MaybeLocal<v8::Value>* value) {
  if (index >= list_.size()) return false;
  v8::Local<v8::String> string;
  if (NewString(isolate, list_[index].first).ToLocal(&string)) *key = string.As<v8::Value>();
  if (NewString(isolate, list_[index].second).ToLocal(&string)) *value = string.As<v8::Value>();
  return true;
}

Result<std::unique_ptr<UrlSearchParams>> UrlSearchParams::Construct(Cx& cx, v8::Local<v8::Value> init) {
  auto params = std::make_unique<UrlSearchParams>();
  if (!params->Fill(cx, init)) return Pending();
  for (const auto& [name, value] : params->list_) params->bytes_ += name.size() + value.size();
  params->Report();
  return params;
}

// (sequence<sequence<USVString>> or record<USVString, USVString> or USVString) init = ""
bool UrlSearchParams::Fill(Cx& cx, v8::Local<v8::Value> init) {
  if (init->IsUndefined()) return true;
  if (!init->IsObject()) {
    DomString string;
    if (!Convert<DomString>::From(cx, init, &string)) return false;
    list_ = WithUtf8(cx.isolate, string,
                     [](std::string_view text) { return ParseFormUrlencoded(WithoutQuestionMark(text)); });
    return true;
  }
  auto object = init.As<v8::Object>();
  v8::Local<v8::Function> iterator_method;
  if (!GetIteratorMethod(cx, object, &iterator_method)) return false;
  if (iterator_method.IsEmpty()) {
    RecordReader reader{.list = &list_, .replaced = {}};
    return ForEachOwnProperty(cx, object, &RecordReader::Read, &reader);
  }
  std::vector<std::vector<std::string>> pairs;
  if (!Convert<std::vector<std::vector<std::string>>>::FromIterable(cx, object, iterator_method, &pairs)) return false;
  for (std::vector<std::string>& pair : pairs) {
    if (pair.size() != 2) return cx.ThrowTypeError("Sequence initializer must only contain pair elements");
    list_.emplace_back(std::move(pair[0]), std::move(pair[1]));
  }
  return true;
}

Result<> UrlSearchParams::Append(Cx& cx, std::string name, std::string value) {
  bytes_ += name.size() + value.size();
  list_.emplace_back(std::move(name), std::move(value));
  return Changed(cx);
}

Result<> UrlSearchParams::Delete(Cx& cx, std::string name, std::optional<std::string> value) {
  std::erase_if(list_, [&](const auto& pair) {
    if (pair.first != name || (value && pair.second != *value)) return false;
    bytes_ -= pair.first.size() + pair.second.size();
    return true;
  });
  return Changed(cx);
}

std::optional<std::string_view> UrlSearchParams::Get(std::string name) const {
  auto pair = std::ranges::find(list_, name, &FormList::value_type::first);
  if (pair == list_.end()) return std::nullopt;
  return pair->second;
}

std::vector<std::string_view> UrlSearchParams::GetAll(std::string name) const {
  std::vector<std::string_view> values;
  for (const auto& pair : list_) {
    if (pair.first == name) values.push_back(pair.second);
  }
  return values;
}

bool UrlSearchParams::Has(std::string name, std::optional<std::string> value) const {
  return std::ranges::any_of(list_,
                             [&](const auto& pair) { return pair.first == name && (!value || pair.second == *value); });
}

Result<> UrlSearchParams::Set(Cx& cx, std::string name, std::string value) {
  auto first = std::ranges::find(list_, name, &FormList::value_type::first);
  if (first == list_.end()) return Append(cx, std::move(name), std::move(value));
  bytes_ -= first->second.size();
  bytes_ += value.size();
  first->second = std::move(value);
  auto rest = std::remove_if(std::next(first), list_.end(), [&](const auto& pair) {
    if (pair.first != name) return false;
    bytes_ -= pair.first.size() + pair.second.size();
    return true;
  });
  list_.erase(rest, list_.end());
  return Changed(cx);
}

Result<> UrlSearchParams::Sort(Cx& cx) {
  SortByCodeUnits(&list_);
  return Changed(cx);
}

Result<> UrlSearchParams::Changed(Cx& cx) {
  Report();
  v8::Local<v8::Value> url = GetSlot(cx.self, kUrlSlot);
  if (!url->IsObject()) return {};
  changed_ = true;
  // An empty list takes the query away, and the URL's path may change with that: this step cannot be skipped by a later
  // one.
  if (list_.empty()) return Url::UpdateQuery(cx, url.As<v8::Object>());
  return {};
}

void UrlSearchParams::Report() { external_size_.Set(bytes_ + list_.size() * kPairBytes); }

struct UrlSearchParams::Members {
  using T = Table<UrlSearchParams>;
  static constexpr Member kMembers[] = {
      T::Getter<"size", &UrlSearchParams::Size>(),
      T::Method<"append", &UrlSearchParams::Append>(),
      T::Method<"delete", &UrlSearchParams::Delete>(),
      T::Method<"get", &UrlSearchParams::Get>(),
      T::Method<"getAll", &UrlSearchParams::GetAll>(),
      T::Method<"has", &UrlSearchParams::Has>(),
      T::Method<"set", &UrlSearchParams::Set>(),
      T::Method<"sort", &UrlSearchParams::Sort>(),
      T::Method<"toString", &UrlSearchParams::Serialize>(),
  };
  static constexpr v8::FunctionCallback kConstructor = T::Constructor<&UrlSearchParams::Construct>();
};

constinit const ClassSpec UrlSearchParams::kSpec = {
    .name = "URLSearchParams",
    .constructor = Members::kConstructor,
    .members = Members::kMembers,
    .slots = 1,
};

}  // namespace verge::bindings
