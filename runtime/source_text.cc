#include "runtime/source_text.h"

#include <simdutf.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace verge::runtime {
namespace {

constexpr size_t kShareAbove = 16 * 1024;

// Text that V8 cannot read as UTF-8. One of the two has it: Latin-1 when all of it is.
struct Converted {
  std::shared_ptr<const ModuleFile> file;
  std::string latin1;
  std::u16string utf16;
};

class AsciiText final : public v8::String::ExternalOneByteStringResource {
 public:
  explicit AsciiText(std::shared_ptr<const ModuleFile> file) : file_(std::move(file)) {}
  const char* data() const override { return file_->content.data(); }
  size_t length() const override { return file_->content.size(); }

 private:
  const std::shared_ptr<const ModuleFile> file_;
};

class Latin1Text final : public v8::String::ExternalOneByteStringResource {
 public:
  explicit Latin1Text(std::shared_ptr<const Converted> text) : text_(std::move(text)) {}
  const char* data() const override { return text_->latin1.data(); }
  size_t length() const override { return text_->latin1.size(); }

 private:
  const std::shared_ptr<const Converted> text_;
};

class Utf16Text final : public v8::String::ExternalStringResource {
 public:
  explicit Utf16Text(std::shared_ptr<const Converted> text) : text_(std::move(text)) {}
  const uint16_t* data() const override { return reinterpret_cast<const uint16_t*>(text_->utf16.data()); }
  size_t length() const override { return text_->utf16.size(); }

 private:
  const std::shared_ptr<const Converted> text_;
};

// Those in use, by their file.
struct Conversions {
  std::mutex mutex;
  std::unordered_map<const ModuleFile*, std::weak_ptr<const Converted>> by_file;
};

Conversions& All() {
  static auto* all = new Conversions();
  return *all;
}

void Forget(const Converted* text) {
  {
    Conversions& all = All();
    std::lock_guard lock(all.mutex);
    // Another one may have been made since nobody used this one any more.
    auto found = all.by_file.find(text->file.get());
    if (found != all.by_file.end() && found->second.expired()) all.by_file.erase(found);
  }
  delete text;
}

// The file's content is valid UTF-8.
std::shared_ptr<const Converted> Convert(const std::shared_ptr<const ModuleFile>& file) {
  Conversions& all = All();
  std::lock_guard lock(all.mutex);
  auto& known = all.by_file[file.get()];
  if (auto text = known.lock()) return text;
  auto made = std::make_unique<Converted>();
  made->file = file;
  const std::string& content = file->content;
  made->latin1.resize(simdutf::latin1_length_from_utf8(content.data(), content.size()));
  if (simdutf::convert_utf8_to_latin1(content.data(), content.size(), made->latin1.data()) == 0) {
    made->latin1 = {};
    made->utf16.resize(simdutf::utf16_length_from_utf8(content.data(), content.size()));
    made->utf16.resize(simdutf::convert_valid_utf8_to_utf16le(content.data(), content.size(), made->utf16.data()));
  }
  std::shared_ptr<const Converted> text(made.release(), Forget);
  known = text;
  return text;
}

template <typename Resource, typename Make>
v8::MaybeLocal<v8::String> External(std::unique_ptr<Resource> resource, Make make) {
  v8::MaybeLocal<v8::String> string = make(resource.get());
  if (!string.IsEmpty()) (void)resource.release();  // V8 deletes it with the string
  return string;
}

}  // namespace

v8::MaybeLocal<v8::String> SourceText(v8::Isolate* isolate, const std::shared_ptr<const ModuleFile>& file) {
  const std::string& content = file->content;
  const auto one_byte = [isolate](auto* resource) { return v8::String::NewExternalOneByte(isolate, resource); };
  if (content.size() <= kShareAbove || content.size() >= v8::String::kMaxLength ||
      !simdutf::validate_utf8(content.data(), content.size())) {
    return v8::String::NewFromUtf8(isolate, content.data(), v8::NewStringType::kNormal,
                                   static_cast<int>(content.size()));
  }
  if (simdutf::validate_ascii(content.data(), content.size())) {
    return External(std::make_unique<AsciiText>(file), one_byte);
  }
  std::shared_ptr<const Converted> text = Convert(file);
  if (text->utf16.empty()) return External(std::make_unique<Latin1Text>(std::move(text)), one_byte);
  return External(std::make_unique<Utf16Text>(std::move(text)),
                  [isolate](auto* resource) { return v8::String::NewExternalTwoByte(isolate, resource); });
}

}  // namespace verge::runtime
