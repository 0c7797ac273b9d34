#include "bindings/formdata/form_data.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "bindings/core/function.h"
#include "bindings/core/invocation_scope.h"
#include "bindings/core/strings.h"
#include "bindings/encoding/utf8.h"
#include "bindings/fetch/mime_type.h"
#include "bindings/formdata/multipart.h"
#include "bindings/url/form_urlencoded.h"

namespace verge::bindings {
namespace {

constexpr int kFilesSlot = 0;
// Entries that a body may have. An entry can be many times larger than the bytes it is parsed from.
constexpr size_t kMaxParsedEntries = 100'000;

}  // namespace

FormData::~FormData() {
  if (counted_bytes_ == 0) return;
  BlobStore& store = BlobStore::From(isolate_);
  store.account()->bytes.fetch_sub(static_cast<int64_t>(counted_bytes_), std::memory_order_relaxed);
  store.ReportDecrease(isolate_);
}

// Strings count with the blobs.
bool FormData::Count() {
  constexpr size_t kStep = 4096;
  size_t bytes = bytes_ + entries_.size() * sizeof(Entry);
  size_t difference = bytes > counted_bytes_ ? bytes - counted_bytes_ : counted_bytes_ - bytes;
  if (difference < kStep) return true;
  BlobStore& store = BlobStore::From(isolate_);
  store.account()->bytes.fetch_add(static_cast<int64_t>(bytes) - static_cast<int64_t>(counted_bytes_),
                                   std::memory_order_relaxed);
  bool grown = bytes > counted_bytes_;
  counted_bytes_ = bytes;
  if (grown) return store.Admit(isolate_);
  store.ReportDecrease(isolate_);
  return true;
}

Result<std::unique_ptr<FormData>> FormData::Construct(Cx& cx, v8::Local<v8::Value> form, v8::Local<v8::Value>) {
  // There are no forms.
  if (!form->IsUndefined()) {
    return std::unexpected(cx.MakeTypeError("parameter 1 is not of type 'HTMLFormElement'."));
  }
  return std::make_unique<FormData>(cx.isolate);
}

v8::Local<v8::Array> FormData::files(v8::Isolate* isolate) const {
  v8::Local<v8::Value> files = GetSlot(wrapper(isolate), kFilesSlot);
  return files->IsArray() ? files.As<v8::Array>() : v8::Local<v8::Array>();
}

// The array is never shown to user code, and only own properties of it are made and read.
Result<uint32_t> FormData::AddFile(Cx& cx, v8::Local<v8::Object> file) {
  v8::Local<v8::Array> array = files(cx.isolate);
  if (array.IsEmpty()) {
    array = v8::Array::New(cx.isolate, 0);
    SetSlot(wrapper(cx.isolate), kFilesSlot, array);
  }
  uint32_t slot = free_slots_.empty() ? file_slots_ : free_slots_.back();
  if (array->CreateDataProperty(cx.context, slot, file).IsNothing()) return Pending();
  if (free_slots_.empty()) {
    ++file_slots_;
  } else {
    free_slots_.pop_back();
  }
  return slot;
}

Result<FormData::Entry> FormData::MakeEntry(Cx& cx, std::string name, FormDataValue value,
                                            std::optional<std::string> filename) {
  if (auto* text = std::get_if<std::string>(&value)) {
    if (filename) return std::unexpected(cx.MakeTypeError("parameter 2 is not of type 'Blob'."));
    return Entry{std::move(name), std::move(*text)};
  }
  Blob* blob = std::get<Blob*>(value);
  v8::Local<v8::Object> object = blob->wrapper(cx.isolate);
  File* file = Unwrap<File>(object);
  if (!file || filename) {
    std::optional<int64_t> modified = file ? std::optional(file->last_modified()) : std::nullopt;
    if (!File::New(cx.isolate, blob->content(), filename ? *std::move(filename) : "blob", modified).ToLocal(&object)) {
      return Pending();
    }
  }
  Result<uint32_t> slot = AddFile(cx, object);
  if (!slot) return std::unexpected(std::move(slot).error());
  return Entry{std::move(name), *slot};
}

// The entry is about to go.
void FormData::Drop(Entry& entry) {
  bytes_ -= entry.name.size();
  if (auto* text = std::get_if<std::string>(&entry.value)) {
    bytes_ -= text->size();
    return;
  }
  uint32_t slot = std::get<uint32_t>(entry.value);
  v8::Local<v8::Array> array = files(isolate_);
  // Fails on termination, when nothing matters any more.
  (void)array->CreateDataProperty(isolate_->GetCurrentContext(), slot, v8::Undefined(isolate_));
  free_slots_.push_back(slot);
}

Result<> FormData::Append(Cx& cx, std::string name, FormDataValue value, std::optional<std::string> filename) {
  Result<Entry> entry = MakeEntry(cx, std::move(name), std::move(value), std::move(filename));
  if (!entry) return std::unexpected(std::move(entry).error());
  bytes_ += entry->name.size();
  if (auto* text = std::get_if<std::string>(&entry->value)) bytes_ += text->size();
  entries_.push_back(*std::move(entry));
  if (!Count()) return Pending();
  return {};
}

void FormData::Delete(std::string name) {
  std::erase_if(entries_, [&](Entry& entry) {
    if (entry.name != name) return false;
    Drop(entry);
    return true;
  });
  (void)Count();  // less than before
}

v8::MaybeLocal<v8::Value> FormData::ValueOf(v8::Isolate* isolate, const Entry& entry) const {
  if (const auto* text = std::get_if<std::string>(&entry.value)) {
    v8::Local<v8::String> string;
    if (!NewString(isolate, *text).ToLocal(&string)) return {};
    return string.As<v8::Value>();
  }
  return files(isolate)->Get(isolate->GetCurrentContext(), std::get<uint32_t>(entry.value));
}

Result<v8::Local<v8::Value>> FormData::Get(Cx& cx, std::string name) {
  auto entry = std::ranges::find(entries_, name, &Entry::name);
  if (entry == entries_.end()) return v8::Null(cx.isolate).As<v8::Value>();
  v8::Local<v8::Value> value;
  if (!ValueOf(cx.isolate, *entry).ToLocal(&value)) return Pending();
  return value;
}

Result<v8::Local<v8::Value>> FormData::GetAll(Cx& cx, std::string name) {
  std::vector<v8::Local<v8::Value>> values;
  for (const Entry& entry : entries_) {
    if (entry.name == name && !ValueOf(cx.isolate, entry).ToLocal(&values.emplace_back())) return Pending();
  }
  return v8::Array::New(cx.isolate, values.data(), values.size()).As<v8::Value>();
}

bool FormData::Has(std::string name) const { return std::ranges::contains(entries_, name, &Entry::name); }

Result<> FormData::Set(Cx& cx, std::string name, FormDataValue value, std::optional<std::string> filename) {
  auto first = std::ranges::find(entries_, name, &Entry::name);
  if (first == entries_.end()) return Append(cx, std::move(name), std::move(value), std::move(filename));
  auto place = first - entries_.begin();
  if (auto appended = Append(cx, name, std::move(value), std::move(filename)); !appended) return appended;
  // The new entry takes the place of the first of that name, the others go.
  Entry entry = std::move(entries_.back());
  entries_.pop_back();
  first = entries_.begin() + place;
  Drop(*first);
  *first = std::move(entry);
  auto rest = std::remove_if(std::next(first), entries_.end(), [&](Entry& other) {
    if (other.name != name) return false;
    Drop(other);
    return true;
  });
  entries_.erase(rest, entries_.end());
  (void)Count();  // less than before: Append has counted the new one
  return {};
}

bool FormData::PairAt(v8::Isolate* isolate, size_t index, v8::MaybeLocal<v8::Value>* key,
                      v8::MaybeLocal<v8::Value>* value) {
  if (index >= entries_.size()) return false;
  v8::Local<v8::String> name;
  if (NewString(isolate, entries_[index].name).ToLocal(&name)) *key = name.As<v8::Value>();
  *value = ValueOf(isolate, entries_[index]);
  return true;
}

Result<v8::Local<v8::Object>> FormData::Parse(Cx& cx, std::string_view mime_type, const RopeSlice& content) {
  std::optional<MimeType> type = ExtractMimeType(mime_type);
  if (mime_type.empty()) return TypeError("Parsing a Body as FormData requires a Content-Type header.");
  bool multipart = type && type->Is("multipart", "form-data");
  if (!multipart && !(type && type->Is("application", "x-www-form-urlencoded"))) {
    return TypeError(
        "Unrecognized Content-Type header value. FormData can only parse the following MIME types: "
        "multipart/form-data, application/x-www-form-urlencoded.");
  }
  auto owned = std::make_unique<FormData>(cx.isolate);
  FormData* form = owned.get();
  v8::Local<v8::Object> object;
  if (!NewObject(cx.isolate, std::move(owned)).ToLocal(&object)) return Pending();
  http::Bytes bytes;
  if (content.size > 0) bytes = content.rope->At(content.offset, content.size);
  std::string_view text = bytes.view();
  RopeSlice source = content;
  if (text.size() != content.size) {
    if (content.size > BlobStore::SizeLimit(cx.isolate)) return RangeError("The body is too large.");
    RopeBuilder builder(BlobStore::From(cx.isolate).account());
    builder.Take(content.ToString());
    source = builder.Finish();
    bytes = source.rope->At(0, source.size);
    text = bytes.view();
  }

  if (!multipart) {
    if (static_cast<size_t>(std::ranges::count(text, '&')) >= kMaxParsedEntries) {
      return TypeError("The form has too many fields.");
    }
    for (auto& [name, value] : ParseFormUrlencoded(text)) {
      form->bytes_ += name.size() + value.size();
      form->entries_.push_back({std::move(name), std::move(value)});
    }
    if (!form->Count()) return Pending();
    return object;
  }

  const std::string* boundary = type->Parameter("boundary");
  if (!boundary) {
    return TypeError(
        "No boundary string in Content-Type header. The multipart/form-data MIME type requires a boundary parameter.");
  }
  auto parts = ParseMultipart(text, *boundary, {.parts = kMaxParsedEntries});
  if (!parts) return TypeError(std::move(parts).error());
  for (MultipartPart& part : *parts) {
    if (!part.filename) {
      v8::HandleScope scope(cx.isolate);
      std::string value = RepairUtf8(std::string(text.substr(part.offset, part.size)));
      if (auto added = form->Append(cx, std::move(part.name), std::move(value), std::nullopt); !added) {
        return std::unexpected(added.error());
      }
      continue;
    }
    v8::HandleScope scope(cx.isolate);
    RopeBuilder builder(BlobStore::From(cx.isolate).account());
    builder.Append(source.Slice(part.offset, part.offset + part.size));
    BlobContent file{builder.Finish(), part.content_type ? NormalizeBlobType(*part.content_type) : "text/plain"};
    v8::Local<v8::Object> wrapper;
    if (!File::New(cx.isolate, std::move(file), *std::move(part.filename), std::nullopt).ToLocal(&wrapper)) {
      return Pending();
    }
    if (auto added = form->Append(cx, std::move(part.name), Unwrap<Blob>(wrapper), std::nullopt); !added) {
      return std::unexpected(added.error());
    }
  }
  return object;
}

Result<BlobContent> FormData::Serialize(Cx& cx) const {
  if (auto invocation = RequireInvocation(cx); !invocation) return std::unexpected(std::move(invocation).error());
  BlobStore& store = BlobStore::From(cx.isolate);
  std::array<uint8_t, kBoundaryRandomBytes> random;
  if (!store.random().Fill(random)) {
    return DomError("OperationError", cx.Where() + ": The system has no random values to give.");
  }
  const std::string boundary = MakeBoundary(random);
  uint64_t limit = BlobStore::SizeLimit(cx.isolate);
  RopeBuilder builder(store.account());
  for (const Entry& entry : entries_) {
    if (const auto* text = std::get_if<std::string>(&entry.value)) {
      builder.Take(MultipartFieldHead(boundary, entry.name));
      builder.Take(NormalizeLineBreaks(*text));
    } else {
      v8::HandleScope scope(cx.isolate);
      v8::Local<v8::Value> value;
      if (!ValueOf(cx.isolate, entry).ToLocal(&value)) return Pending();
      File* file = Unwrap<File>(value);
      if (!file) return Pending();
      builder.Take(MultipartFileHead(boundary, entry.name, file->name(), file->type()));
      builder.Append(file->data());
    }
    builder.Append(std::string_view("\r\n"));
    if (!builder.ok() || builder.copied() > limit) {
      return RangeError(cx.Where() + ": The form is too large to be sent.");
    }
  }
  builder.Append(MultipartEnd(boundary));
  return BlobContent{builder.Finish(), "multipart/form-data; boundary=" + boundary};
}

struct FormData::Members {
  using T = Table<FormData>;
  static constexpr Member kMembers[] = {
      T::Method<"append", &FormData::Append>(), T::Method<"delete", &FormData::Delete>(),
      T::Method<"get", &FormData::Get>(),       T::Method<"getAll", &FormData::GetAll>(),
      T::Method<"has", &FormData::Has>(),       T::Method<"set", &FormData::Set>(),
  };
  static constexpr v8::FunctionCallback kConstructor = T::Constructor<&FormData::Construct>();
};

constinit const ClassSpec FormData::kSpec = {
    .name = "FormData",
    .constructor = Members::kConstructor,
    .members = Members::kMembers,
    .slots = 1,
};

}  // namespace verge::bindings
