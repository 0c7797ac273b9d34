#include "bindings/core/snapshot_scripts.h"

#include <deque>
#include <span>

namespace verge::bindings {
namespace {

class Text final : public v8::String::ExternalOneByteStringResource {
 public:
  explicit Text(std::string_view text) : text_(text) {}
  const char* data() const override { return text_.data(); }
  size_t length() const override { return text_.size(); }

 protected:
  void Dispose() override {}  // an isolate goes, others stay

 private:
  const std::string_view text_;
};

std::deque<Text>& Texts() {
  static auto* texts = [] {
    auto* all = new std::deque<Text>();
    for (const LazyScript& script : std::span(kSnapshotScripts, kSnapshotScriptCount)) all->emplace_back(script.text);
    return all;
  }();
  return *texts;
}

}  // namespace

v8::String::ExternalOneByteStringResource* SnapshotScriptText(size_t index) { return &Texts()[index]; }

void CollectTextReferences(std::vector<intptr_t>* references) {
  for (Text& text : Texts()) {
    references->push_back(reinterpret_cast<intptr_t>(static_cast<v8::String::ExternalStringResourceBase*>(&text)));
  }
}

}  // namespace verge::bindings
