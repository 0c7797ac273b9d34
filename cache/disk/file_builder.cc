#include "cache/disk/file_builder.h"

namespace verge::cache {

int FileBuilder::Append(std::string_view data) {
  if (!rest_.empty()) {
    const std::string_view more = data.substr(0, kBlockBytes - rest_.size());
    rest_.append(more);
    data.remove_prefix(more.size());
    if (rest_.size() < kBlockBytes) return 0;
    if (const int error = file_->Append(rest_)) return error;
    rest_.clear();
  }
  const size_t whole = data.size() / kBlockBytes * kBlockBytes;
  if (whole > 0) {
    if (const int error = file_->Append(data.substr(0, whole))) return error;
  }
  rest_.append(data.substr(whole));
  return 0;
}

int FileBuilder::Finish() { return rest_.empty() ? 0 : file_->Append(std::exchange(rest_, {})); }

}  // namespace verge::cache
