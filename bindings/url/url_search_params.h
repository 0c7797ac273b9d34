// The URLSearchParams interface (https://url.spec.whatwg.org/#interface-urlsearchparams).
#ifndef BINDINGS_URL_URL_SEARCH_PARAMS_H_
#define BINDINGS_URL_URL_SEARCH_PARAMS_H_

#include <v8.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/core/class_spec.h"
#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/core/external_size.h"
#include "bindings/core/object.h"
#include "bindings/url/form_urlencoded.h"

namespace verge::bindings {

class UrlSearchParams final : public Native {
 public:
  static const ClassSpec kSpec;

  // The searchParams of `url`. `search` may start with "?".
  static v8::MaybeLocal<v8::Object> CreateForUrl(Cx& cx, v8::Local<v8::Object> url, std::string_view search);

  // The list has changed since the URL last took it. The URL asks before anyone can see the difference; that makes any
  // number of changes in a row cost one update.
  [[nodiscard]] bool changed() const { return changed_; }
  void set_unchanged() { changed_ = false; }

  // The URL has a new query: the list is made of it.
  void Reset(Cx& cx, std::string_view search);

  [[nodiscard]] std::string Serialize() const { return SerializeFormUrlencoded(list_); }

  bool PairAt(v8::Isolate* isolate, size_t index, v8::MaybeLocal<v8::Value>* key,
              v8::MaybeLocal<v8::Value>* value) override;

 private:
  struct Members;

  static Result<std::unique_ptr<UrlSearchParams>> Construct(Cx& cx, v8::Local<v8::Value> init);
  bool Fill(Cx& cx, v8::Local<v8::Value> init);

  [[nodiscard]] uint32_t Size() const { return static_cast<uint32_t>(list_.size()); }
  Result<> Append(Cx& cx, std::string name, std::string value);
  Result<> Delete(Cx& cx, std::string name, std::optional<std::string> value);
  [[nodiscard]] std::optional<std::string_view> Get(std::string name) const;
  [[nodiscard]] std::vector<std::string_view> GetAll(std::string name) const;
  [[nodiscard]] bool Has(std::string name, std::optional<std::string> value) const;
  Result<> Set(Cx& cx, std::string name, std::string value);
  Result<> Sort(Cx& cx);

  // The list was changed from JavaScript.
  Result<> Changed(Cx& cx);
  // Tells V8 how much memory the list holds.
  void Report();

  FormList list_;
  size_t bytes_ = 0;  // of the strings in the list
  ExternalSize external_size_;
  bool changed_ = false;
};

}  // namespace verge::bindings

#endif  // BINDINGS_URL_URL_SEARCH_PARAMS_H_
