// Cuts bytes that come in any pieces into the blocks of an object's file.
#ifndef CACHE_DISK_FILE_BUILDER_H_
#define CACHE_DISK_FILE_BUILDER_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cache/disk/object_file.h"

namespace verge::cache {

// One thread at a time. Calls return errno, or zero.
class FileBuilder {
 public:
  explicit FileBuilder(std::shared_ptr<ObjectFile> file) : file_(std::move(file)) {}

  int Append(std::string_view data);
  // What is left: nothing follows.
  int Finish();

  [[nodiscard]] const std::shared_ptr<ObjectFile>& file() const { return file_; }

 private:
  const std::shared_ptr<ObjectFile> file_;
  std::string rest_;  // less than a block
};

}  // namespace verge::cache

#endif  // CACHE_DISK_FILE_BUILDER_H_
