// Headers (https://fetch.spec.whatwg.org/#headers-class).
#ifndef BINDINGS_FETCH_HEADERS_H_
#define BINDINGS_FETCH_HEADERS_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "bindings/core/convert.h"
#include "bindings/core/external_size.h"
#include "bindings/core/function.h"
#include "bindings/core/object.h"
#include "bindings/fetch/field_list.h"
#include "http/message.h"
#include "http/ref_counted.h"

namespace verge::bindings {

class Headers;

// HeadersInit. A Headers object is a sequence to the standard; it stands for itself here when iterating it would give
// its fields and nothing else, that is, unless somebody has put another iterator on it.
struct HeadersInit {
  std::variant<Headers*, std::vector<std::vector<ByteString>>, Record<ByteString, ByteString>> value;
};
template <>
struct Convert<HeadersInit> {
  static bool From(Cx& cx, v8::Local<v8::Value> value, HeadersInit* out);
};

// The fields of an incoming request or response stay in the parsed head until somebody changes a copy.
class Headers final : public Native {
 public:
  static const ClassSpec kSpec;

  Headers() = default;
  explicit Headers(http::Ref<http::MessageHead> head) : head_(std::move(head)), immutable_(true) {}

  static Result<std::unique_ptr<Native>> Construct(Cx& cx, std::optional<HeadersInit> init);

  Result<> Append(Cx& cx, ByteString name, ByteString value);
  Result<> Delete(Cx& cx, ByteString name);
  // null: there is none.
  Result<v8::Local<v8::Value>> Get(Cx& cx, ByteString name);
  Result<std::vector<ByteString>> GetAll(Cx& cx, ByteString name);
  std::vector<ByteString> GetSetCookie();
  Result<bool> Has(Cx& cx, ByteString name);
  Result<> Set(Cx& cx, ByteString name, ByteString value);

  bool PairAt(v8::Isolate* isolate, size_t index, v8::MaybeLocal<v8::Value>* key,
              v8::MaybeLocal<v8::Value>* value) override;

  // --- For C++

  // Steps "fill" of the standard.
  Result<> Fill(Cx& cx, const HeadersInit& init);
  void Fill(const Headers& other);

  [[nodiscard]] bool immutable() const { return immutable_; }
  void set_immutable(bool immutable) { immutable_ = immutable; }

  [[nodiscard]] bool Contains(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> Find(std::string_view name) const;
  // For names and values that C++ knows to be valid.
  void SetTrusted(std::string_view name, std::string_view value);

  template <typename F>
  void ForEach(F f) const {
    if (head_) {
      for (const http::HeaderField& field : head_->headers()) f(field.name, field.value);
    } else {
      fields_.ForEach(f);
    }
  }

 private:
  // Tells V8 how much memory the list holds.
  void Report() { external_size_.Set(fields_.bytes()); }

  // Copies the fields out of the head before the first change.
  void MakeOwn();
  Result<> CheckWritable(Cx& cx, std::string_view name, std::string* value);
  const std::vector<std::pair<std::string, std::string>>& Sorted();

  http::Ref<http::MessageHead> head_;
  FieldList fields_;
  ExternalSize external_size_;
  bool immutable_ = false;
  // "Sort and combine" for iteration, made when first needed and dropped by each change.
  std::unique_ptr<std::vector<std::pair<std::string, std::string>>> sorted_;
};

inline constexpr Member kHeadersMembers[] = {
    Table<Headers>::Method<"append", &Headers::Append>(),
    Table<Headers>::Method<"delete", &Headers::Delete>(),
    Table<Headers>::Method<"get", &Headers::Get>(),
    Table<Headers>::Method<"getAll", &Headers::GetAll>(),
    Table<Headers>::Method<"getSetCookie", &Headers::GetSetCookie>(),
    Table<Headers>::Method<"has", &Headers::Has>(),
    Table<Headers>::Method<"set", &Headers::Set>(),
};

inline constexpr ClassSpec Headers::kSpec = {
    .name = "Headers",
    .constructor = Table<Headers>::Constructor<&Headers::Construct>(),
    .members = kHeadersMembers,
};

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_HEADERS_H_
