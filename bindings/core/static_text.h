// Text that is part of the binary, as V8 reads it: where it is, without a copy in any heap.
#ifndef BINDINGS_CORE_STATIC_TEXT_H_
#define BINDINGS_CORE_STATIC_TEXT_H_

#include <v8.h>

#include <cstddef>
#include <deque>
#include <string_view>

namespace verge::bindings {

// ASCII. Shared by all isolates and never destroyed: V8 reads it for as long as it may compile a function of it.
class StaticText final : public v8::String::ExternalOneByteStringResource {
 public:
  explicit StaticText(std::string_view text) : text_(text) {}
  const char* data() const override { return text_.data(); }
  size_t length() const override { return text_.size(); }

 protected:
  void Dispose() override {}  // an isolate goes, others stay

 private:
  const std::string_view text_;
};

// One for the `text` of each of `sources`, in their order. For a static variable: they do not move.
template <typename Sources>
std::deque<StaticText>* MakeStaticTexts(const Sources& sources) {
  auto* texts = new std::deque<StaticText>();
  for (const auto& source : sources) texts->emplace_back(source.text);
  return texts;
}

}  // namespace verge::bindings

#endif  // BINDINGS_CORE_STATIC_TEXT_H_
