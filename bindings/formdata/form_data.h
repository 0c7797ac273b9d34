// FormData (https://xhr.spec.whatwg.org/#interface-formdata).
#ifndef BINDINGS_FORMDATA_FORM_DATA_H_
#define BINDINGS_FORMDATA_FORM_DATA_H_

#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bindings/blob/blob.h"
#include "bindings/core/class_spec.h"
#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/core/object.h"

namespace verge::bindings {

using FormDataValue = std::variant<Blob*, std::string>;

// Strings of entries are C++ strings. Files are JavaScript objects (get() gives the same one each time), which a slot
// holds so that V8 traces them.
class FormData final : public Native {
 public:
  static const ClassSpec kSpec;

  explicit FormData(v8::Isolate* isolate) : isolate_(isolate) {}
  ~FormData() override;

  bool PairAt(v8::Isolate* isolate, size_t index, v8::MaybeLocal<v8::Value>* key,
              v8::MaybeLocal<v8::Value>* value) override;

  // --- For bodies

  // Reads a body of this MIME type; `content` is all of it.
  static Result<v8::Local<v8::Object>> Parse(Cx& cx, std::string_view mime_type, const RopeSlice& content);

  // As multipart/form-data: content and type, boundary included. Shares the memory of the files.
  Result<BlobContent> Serialize(Cx& cx) const;

 private:
  struct Members;
  // Index into the array of files, or a string.
  struct Entry {
    std::string name;
    std::variant<std::string, uint32_t> value;
  };

  static Result<std::unique_ptr<FormData>> Construct(Cx& cx, v8::Local<v8::Value> form, v8::Local<v8::Value> submitter);
  Result<> Append(Cx& cx, std::string name, FormDataValue value, std::optional<std::string> filename);
  void Delete(std::string name);
  Result<v8::Local<v8::Value>> Get(Cx& cx, std::string name);
  Result<v8::Local<v8::Value>> GetAll(Cx& cx, std::string name);
  [[nodiscard]] bool Has(std::string name) const;
  Result<> Set(Cx& cx, std::string name, FormDataValue value, std::optional<std::string> filename);

  // "Create an entry"
  Result<Entry> MakeEntry(Cx& cx, std::string name, FormDataValue value, std::optional<std::string> filename);
  Result<uint32_t> AddFile(Cx& cx, v8::Local<v8::Object> file);
  v8::MaybeLocal<v8::Value> ValueOf(v8::Isolate* isolate, const Entry& entry) const;
  [[nodiscard]] v8::Local<v8::Array> files(v8::Isolate* isolate) const;  // empty: none so far
  void Drop(Entry& entry);
  // Accounts for the memory of the list. False: too much, execution has been terminated.
  bool Count();

  v8::Isolate* const isolate_;
  std::vector<Entry> entries_;
  // Of the array of files: how long it is, and which places are free again.
  uint32_t file_slots_ = 0;
  std::vector<uint32_t> free_slots_;
  size_t bytes_ = 0;
  size_t counted_bytes_ = 0;
};

}  // namespace verge::bindings

#endif  // BINDINGS_FORMDATA_FORM_DATA_H_
