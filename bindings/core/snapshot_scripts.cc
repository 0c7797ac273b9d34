#include "bindings/core/snapshot_scripts.h"

#include <deque>
#include <span>

#include "bindings/core/static_text.h"

namespace verge::bindings {
namespace {

std::deque<StaticText>& Texts() {
  static auto* texts = MakeStaticTexts(std::span(kSnapshotScripts, kSnapshotScriptCount));
  return *texts;
}

}  // namespace

v8::String::ExternalOneByteStringResource* SnapshotScriptText(size_t index) { return &Texts()[index]; }

void CollectTextReferences(std::vector<intptr_t>* references) {
  for (StaticText& text : Texts()) {
    references->push_back(reinterpret_cast<intptr_t>(static_cast<v8::String::ExternalStringResourceBase*>(&text)));
  }
}

}  // namespace verge::bindings
