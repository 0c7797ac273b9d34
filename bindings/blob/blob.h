// Blob and File (https://w3c.github.io/FileAPI/).
#ifndef BINDINGS_BLOB_BLOB_H_
#define BINDINGS_BLOB_BLOB_H_

#include <v8.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bindings/blob/blob_store.h"
#include "bindings/blob/rope.h"
#include "bindings/core/class_spec.h"
#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/core/object.h"

namespace verge::bindings {

using BlobPart = std::variant<BufferSource, Blob*, DomString>;

struct BlobPropertyBag {
  bool native_endings = false;
  std::string type;  // normalized
  static bool Read(Cx& cx, v8::Local<v8::Object> object, BlobPropertyBag* out);
};

struct FilePropertyBag : BlobPropertyBag {
  std::optional<int64_t> last_modified;
  static bool Read(Cx& cx, v8::Local<v8::Object> object, FilePropertyBag* out);
};

// Immutable bytes with a type. Parts, slices and bodies made of a blob share its memory; V8 knows how much that is, so
// blobs are collected in time and count towards the worker's limit.
class Blob : public Native {
 public:
  static const ClassSpec kSpec;

  Blob(v8::Isolate* isolate, BlobContent content) : isolate_(isolate), content_(std::move(content)) {}
  ~Blob() override;

  [[nodiscard]] const BlobContent& content() const { return content_; }
  [[nodiscard]] const RopeSlice& data() const { return content_.data; }
  [[nodiscard]] const std::string& type() const { return content_.type; }

  // --- For C++. Empty: termination or no memory.
  static v8::MaybeLocal<v8::Object> New(v8::Isolate* isolate, BlobContent content);
  // A Blob of these bytes, whose memory it takes over.
  static v8::MaybeLocal<v8::Object> New(v8::Isolate* isolate, std::string bytes, std::string type);
  // Structured serialization: another object with the same content, a File for a File.
  v8::MaybeLocal<v8::Object> Duplicate(v8::Isolate* isolate) const;

 protected:
  v8::Isolate* const isolate_;

 private:
  struct Members;

  static Result<std::unique_ptr<Blob>> Construct(Cx& cx, std::optional<std::vector<BlobPart>> parts,
                                                 BlobPropertyBag options);
  [[nodiscard]] double Size() const { return static_cast<double>(data().size); }
  [[nodiscard]] ByteString Type() const { return {content_.type}; }
  Result<v8::MaybeLocal<v8::Object>> Slice(Cx& cx, std::optional<Clamp<int64_t>> start,
                                           std::optional<Clamp<int64_t>> end, std::optional<std::string> type);
  Result<v8::Local<v8::Value>> Stream(Cx& cx);

  BlobContent content_;  // never changes
};

class File final : public Blob {
 public:
  static const ClassSpec kSpec;

  File(v8::Isolate* isolate, BlobContent content, std::string name, int64_t last_modified)
      : Blob(isolate, std::move(content)), name_(std::move(name)), last_modified_(last_modified) {}

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] int64_t last_modified() const { return last_modified_; }

  static v8::MaybeLocal<v8::Object> New(v8::Isolate* isolate, BlobContent content, std::string name,
                                        std::optional<int64_t> last_modified);

 private:
  struct Members;

  static Result<std::unique_ptr<File>> Construct(Cx& cx, std::vector<BlobPart> parts, std::string name,
                                                 FilePropertyBag options);
  [[nodiscard]] double LastModified() const { return static_cast<double>(last_modified_); }

  const std::string name_;
  const int64_t last_modified_;  // milliseconds since 1970
};

// "type": lower-case ASCII, or nothing where it has other characters.
std::string NormalizeBlobType(std::string_view type);

// --- What content becomes. Empty: an exception is pending (too large), or termination.
v8::MaybeLocal<v8::String> ReadAsText(v8::Isolate* isolate, const RopeSlice& data);  // "UTF-8 decode"
v8::MaybeLocal<v8::ArrayBuffer> ReadAsArrayBuffer(v8::Isolate* isolate, const RopeSlice& data);
v8::MaybeLocal<v8::Uint8Array> ReadAsBytes(v8::Isolate* isolate, const RopeSlice& data);

// The native source of a stream of content. Not exposed.
class BlobStreamSource final : public Native {
 public:
  static const ClassSpec kSpec;
  explicit BlobStreamSource(RopeSlice data) : data_(std::move(data)) {}

  // The next chunk, or undefined at the end.
  Result<v8::Local<v8::Value>> Pull(Cx& cx);
  void Cancel(v8::Local<v8::Value>) { data_ = {}; }

  // Takes what was not read.
  RopeSlice Take() { return std::exchange(data_, {}); }

 private:
  RopeSlice data_;
};

// A ReadableStream of bytes.
v8::MaybeLocal<v8::Value> NewBlobStream(Cx& cx, RopeSlice data);

}  // namespace verge::bindings

#endif  // BINDINGS_BLOB_BLOB_H_
