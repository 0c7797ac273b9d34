#include "bindings/url/url.h"

#include <ada.h>

#include <string>
#include <utility>

#include "bindings/blob/blob.h"
#include "bindings/core/function.h"
#include "bindings/core/object.h"
#include "bindings/core/strings.h"
#include "bindings/url/url_parts.h"
#include "bindings/url/url_search_params.h"
#include "bindings/url/with_utf8.h"

namespace verge::bindings {
namespace {

enum Slot { kHrefSlot, kParamsSlot, kFirstWordSlot, kSlots = kFirstWordSlot + UrlParts::kWords };

// Far above every limit on URLs elsewhere, and small enough for ada and UrlParts to count in 32 bits: one code unit of
// input becomes nine bytes at most, and a setter adds its input to what is there.
constexpr int kMaxInputLength = 1 << 24;
constexpr size_t kMaxHrefLength = 1 << 28;

bool IsTooLong(DomString input) { return input->Length() > kMaxInputLength; }

std::unexpected<Error> TooLong(Cx& cx) { return std::unexpected(cx.MakeTypeError("The URL is too long.")); }

std::unexpected<Error> Invalid(Cx& cx, DomString input) {
  if (IsTooLong(input)) return TooLong(cx);
  return std::unexpected(cx.MakeTypeError("Invalid URL: '" + DescribeValue(cx.isolate, input) + "'"));
}

v8::Local<v8::String> HrefOf(v8::Local<v8::Object> url) { return GetSlot(url, kHrefSlot).As<v8::String>(); }

// The URL parser. The slots of an object hold what was parsed before, so this can only fail for user input.
ada::result<ada::url_aggregator> Parse(Cx& cx, DomString input, const ada::url_aggregator* base = nullptr) {
  return WithUtf8(cx.isolate, input,
                  [base](std::string_view text) { return ada::parse<ada::url_aggregator>(text, base); });
}

// The URL parser of the constructor, `parse` and `canParse`, with an optional base. Empty: failure.
std::optional<ada::url_aggregator> Parse(Cx& cx, DomString input, const std::optional<DomString>& base) {
  if (IsTooLong(input) || (base && IsTooLong(*base))) return std::nullopt;
  ada::result<ada::url_aggregator> parsed_base;
  if (base) {
    parsed_base = Parse(cx, *base);
    if (!parsed_base) return std::nullopt;
  }
  ada::result<ada::url_aggregator> url = Parse(cx, input, base ? &*parsed_base : nullptr);
  if (!url || url->get_href().size() > kMaxHrefLength) return std::nullopt;
  return *std::move(url);
}

void StoreParts(v8::Local<v8::Object> url, const UrlParts& parts) {
  UrlParts::Words words = parts.Pack();
  static_assert(UrlParts::kWords == 4);
  constexpr int kFirst = kFirstSlot + kFirstWordSlot;
  int fields[] = {kFirst, kFirst + 1, kFirst + 2, kFirst + 3};
  url->SetAlignedPointerInInternalFields(UrlParts::kWords, fields, words.data());
}

// Puts `parsed` into the slots. `input` is what it was parsed from, or empty: most URLs in use are normalized already,
// and their string can be shared.
Result<> Store(Cx& cx, v8::Local<v8::Object> url, const ada::url_aggregator& parsed, v8::Local<v8::String> input = {}) {
  std::string_view href = parsed.get_href();
  if (href.size() > kMaxHrefLength) return TooLong(cx);
  bool same = false;
  if (!input.IsEmpty() && input->IsOneByte() && static_cast<size_t>(input->Length()) == href.size()) {
    v8::String::ValueView view(cx.isolate, input);
    same = view.is_one_byte() && std::string_view(reinterpret_cast<const char*>(view.data8()), href.size()) == href;
  }
  v8::Local<v8::String> string = input;
  if (!same && !NewOneByteString(cx.isolate, href).ToLocal(&string)) return Pending();
  SetSlot(url, kHrefSlot, string);
  StoreParts(url, UrlParts(parsed));
  return {};
}

// The parts of `input` where it is in normal form already.
std::optional<UrlParts> NormalizedParts(v8::Isolate* isolate, v8::Local<v8::String> input) {
  if (!input->IsOneByte()) return std::nullopt;
  v8::String::ValueView view(isolate, input);
  if (!view.is_one_byte()) return std::nullopt;
  return UrlParts::OfNormalized({reinterpret_cast<const char*>(view.data8()), static_cast<size_t>(view.length())});
}

UrlParts PartsOf(v8::Local<v8::Object> url) {
  UrlParts::Words words;
  for (int i = 0; i < UrlParts::kWords; ++i) {
    words[i] = url->GetAlignedPointerFromInternalField(kFirstSlot + kFirstWordSlot + i);
  }
  return UrlParts(words);
}

UrlSearchParams* ParamsOf(v8::Local<v8::Object> url) {
  v8::Local<v8::Value> params = GetSlot(url, kParamsSlot);
  if (params->IsUndefined()) [[likely]]
    return nullptr;
  return Unwrap<UrlSearchParams>(params);
}

// An instance whose constructor never finished has empty slots: execution is being terminated, but has not unwound.
Result<> CheckMade(Cx& cx) {
  if (!GetSlot(cx.self, kHrefSlot)->IsString()) [[unlikely]]
    return TypeError("Illegal invocation");
  return {};
}

// Every look at the slots comes after this: what was done to the searchParams has to show.
Result<> Sync(Cx& cx) {
  if (Result<> made = CheckMade(cx); !made) return made;
  UrlSearchParams* params = ParamsOf(cx.self);
  if (params && params->changed()) return Url::UpdateQuery(cx, cx.self);
  return {};
}

// The query of `parsed` has a new value: so has the list.
void UpdateParams(Cx& cx, const ada::url_aggregator& parsed) {
  if (UrlSearchParams* params = ParamsOf(cx.self)) params->Reset(cx, parsed.get_search());
}

v8::MaybeLocal<v8::String> Slice(v8::Isolate* isolate, v8::Local<v8::String> href, UrlParts::Range range) {
  constexpr uint32_t kOnStack = 512;
  uint32_t length = range.end - range.begin;
  if (length == 0) return v8::String::Empty(isolate);
  auto copy = [&](uint8_t* buffer) {
    href->WriteOneByteV2(isolate, range.begin, length, buffer);
    return v8::String::NewFromOneByte(isolate, buffer, v8::NewStringType::kNormal, static_cast<int>(length));
  };
  if (length <= kOnStack) {
    uint8_t buffer[kOnStack];
    return copy(buffer);
  }
  std::string buffer(length, '\0');
  return copy(reinterpret_cast<uint8_t*>(buffer.data()));
}

}  // namespace

Result<> Url::UpdateQuery(Cx& cx, v8::Local<v8::Object> url) {
  UrlSearchParams* params = ParamsOf(url);
  if (!params) return {};
  std::string query = params->Serialize();
  if (query.size() > kMaxHrefLength) return TooLong(cx);
  ada::result<ada::url_aggregator> parsed = Parse(cx, HrefOf(url));
  if (!parsed) return std::unexpected(cx.MakeTypeError("Invalid URL"));
  parsed->set_search(query);
  if (Result<> stored = Store(cx, url, *parsed); !stored) return stored;
  params->set_unchanged();
  return {};
}

struct Url::Members {
  static Result<> Construct(Cx& cx, DomString input, std::optional<DomString> base) {
    // A URL in normal form is its own href, whatever the base.
    if (auto parts = NormalizedParts(cx.isolate, input)) {
      bool base_is_fine = !base || (!IsTooLong(*base) && Parse(cx, *base));
      if (!base_is_fine) return Invalid(cx, input);
      SetSlot(cx.self, kHrefSlot, input);
      StoreParts(cx.self, *parts);
      return {};
    }
    std::optional<ada::url_aggregator> parsed = Parse(cx, input, base);
    if (!parsed) return Invalid(cx, input);
    return Store(cx, cx.self, *parsed, input);
  }

  static Result<v8::Local<v8::Value>> StaticParse(Cx& cx, DomString input, std::optional<DomString> base) {
    std::optional<ada::url_aggregator> parsed = Parse(cx, input, base);
    if (!parsed) return v8::Null(cx.isolate);
    v8::Local<v8::Object> url;
    if (!NewObject(cx.isolate, kSpec).ToLocal(&url)) return Pending();
    if (Result<> stored = Store(cx, url, *parsed, input); !stored) return std::unexpected(std::move(stored).error());
    return url;
  }

  static bool CanParse(Cx& cx, DomString input, std::optional<DomString> base) {
    return Parse(cx, input, base).has_value();
  }

  static Result<v8::Local<v8::Value>> Href(Cx& cx) {
    if (Result<> synced = Sync(cx); !synced) return std::unexpected(std::move(synced).error());
    return HrefOf(cx.self);
  }

  static Result<> SetHref(Cx& cx, DomString value) {
    std::optional<ada::url_aggregator> parsed = Parse(cx, value, std::nullopt);
    if (!parsed) return Invalid(cx, value);
    Result<> stored = Store(cx, cx.self, *parsed, value);
    if (stored) UpdateParams(cx, *parsed);
    return stored;
  }

  template <UrlPart kPart>
  static Result<v8::MaybeLocal<v8::String>> Get(Cx& cx) {
    if (Result<> synced = Sync(cx); !synced) return std::unexpected(std::move(synced).error());
    v8::Local<v8::String> href = HrefOf(cx.self);
    return Slice(cx.isolate, href, PartsOf(cx.self).Find(kPart, static_cast<uint32_t>(href->Length())));
  }

  // https://url.spec.whatwg.org/#concept-url-origin
  static Result<v8::MaybeLocal<v8::String>> Origin(Cx& cx) {
    if (Result<> synced = Sync(cx); !synced) return std::unexpected(std::move(synced).error());
    v8::Local<v8::String> href = HrefOf(cx.self);
    UrlParts parts = PartsOf(cx.self);
    if (parts.has_tuple_origin() && !parts.has_credentials()) {
      auto length = static_cast<uint32_t>(href->Length());
      return Slice(cx.isolate, href, {0, parts.Find(UrlPart::kPathname, length).begin});
    }
    // The rest is "null", or has credentials to leave out, or is a blob: URL, whose path holds another URL.
    ada::result<ada::url_aggregator> parsed = Parse(cx, href);
    if (!parsed) return std::unexpected(cx.MakeTypeError("Invalid URL"));
    return NewOneByteString(cx.isolate, parsed->get_origin());
  }

  // All the setters but href: what they do not like, they ignore.
  template <auto kSetter>
  static Result<> Set(Cx& cx, DomString value) {
    if (IsTooLong(value)) return TooLong(cx);
    if (Result<> synced = Sync(cx); !synced) return synced;
    ada::result<ada::url_aggregator> parsed = Parse(cx, HrefOf(cx.self));
    if (!parsed) return std::unexpected(cx.MakeTypeError("Invalid URL"));
    WithUtf8(cx.isolate, value, [&](std::string_view text) { (*parsed.*kSetter)(text); });
    return Store(cx, cx.self, *parsed);
  }

  static Result<> SetSearch(Cx& cx, DomString value) {
    if (IsTooLong(value)) return TooLong(cx);
    if (Result<> made = CheckMade(cx); !made) return made;
    ada::result<ada::url_aggregator> parsed = Parse(cx, HrefOf(cx.self));
    if (!parsed) return std::unexpected(cx.MakeTypeError("Invalid URL"));
    WithUtf8(cx.isolate, value, [&](std::string_view text) { parsed->set_search(text); });
    Result<> stored = Store(cx, cx.self, *parsed);
    if (stored) UpdateParams(cx, *parsed);
    return stored;
  }

  static Result<v8::Local<v8::Value>> SearchParams(Cx& cx) {
    if (Result<> made = CheckMade(cx); !made) return std::unexpected(std::move(made).error());
    v8::Local<v8::Value> params = GetSlot(cx.self, kParamsSlot);
    if (!params->IsUndefined()) return params;
    v8::Local<v8::String> href = HrefOf(cx.self);
    UrlParts::Range range = PartsOf(cx.self).Find(UrlPart::kSearch, static_cast<uint32_t>(href->Length()));
    std::string query(range.end - range.begin, '\0');
    if (!query.empty()) {
      href->WriteOneByteV2(cx.isolate, range.begin, range.end - range.begin, reinterpret_cast<uint8_t*>(query.data()));
    }
    v8::Local<v8::Object> created;
    if (!UrlSearchParams::CreateForUrl(cx, cx.self, query).ToLocal(&created)) return Pending();
    SetSlot(cx.self, kParamsSlot, created);
    return created;
  }

  using T = Table<Url>;
  using Ada = ada::url_aggregator;
  static constexpr Member kMembers[] = {
      T::Static<"canParse", &CanParse>(),
      T::Static<"parse", &StaticParse>(),
      T::Static<"createObjectURL", &CreateObjectUrl>(),
      T::Static<"revokeObjectURL", &RevokeObjectUrl>(),
      T::Accessor<"href", &Href, &SetHref>(),
      T::Getter<"origin", &Origin>(),
      T::Accessor<"protocol", &Get<UrlPart::kProtocol>, &Set<&Ada::set_protocol>>(),
      T::Accessor<"username", &Get<UrlPart::kUsername>, &Set<&Ada::set_username>>(),
      T::Accessor<"password", &Get<UrlPart::kPassword>, &Set<&Ada::set_password>>(),
      T::Accessor<"host", &Get<UrlPart::kHost>, &Set<&Ada::set_host>>(),
      T::Accessor<"hostname", &Get<UrlPart::kHostname>, &Set<&Ada::set_hostname>>(),
      T::Accessor<"port", &Get<UrlPart::kPort>, &Set<&Ada::set_port>>(),
      T::Accessor<"pathname", &Get<UrlPart::kPathname>, &Set<&Ada::set_pathname>>(),
      T::Accessor<"search", &Get<UrlPart::kSearch>, &SetSearch>(),
      T::Getter<"searchParams", &SearchParams>(),
      T::Accessor<"hash", &Get<UrlPart::kHash>, &Set<&Ada::set_hash>>(),
      T::Method<"toJSON", &Href>(),
      T::Method<"toString", &Href>(),
  };
  static constexpr v8::FunctionCallback kConstructor = T::Constructor<&Construct>();
};

constinit const ClassSpec Url::kSpec = {
    .name = "URL",
    .constructor = Members::kConstructor,
    .constructor_length = 1,
    .members = Members::kMembers,
    .slots = kSlots,
    .slots_only = true,
};

}  // namespace verge::bindings
