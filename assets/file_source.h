// The body of a large file: read as the client takes it.
#ifndef ASSETS_FILE_SOURCE_H_
#define ASSETS_FILE_SOURCE_H_

#include <uv.h>

#include <cstdint>
#include <memory>

#include "http/body.h"

namespace verge::assets {

// What the kernel has in memory is read in place; what has to come from a disk by a thread of uv's pool.
class FileSource final : public http::BodySource {
 public:
  // Takes `fd` over. Bytes [begin, end), which the file must have. A file that turns out to be shorter is an error.
  FileSource(uv_loop_t* loop, int fd, uint64_t begin, uint64_t end);
  ~FileSource() override;

  void Pull(http::BodySink* sink) override;
  void Cancel() override;
  [[nodiscard]] std::optional<uint64_t> length() const override { return length_; }
  [[nodiscard]] bool touched() const override { return touched_; }

 private:
  struct Job;
  void Answer(http::BodySink* sink, std::string chunk);

  uv_loop_t* const loop_;
  int fd_;
  uint64_t position_;
  const uint64_t end_;
  const uint64_t length_;
  bool touched_ = false;
  http::BodySink* sink_ = nullptr;  // while a job reads for it
  Job* job_ = nullptr;              // which owns the descriptor meanwhile
};

}  // namespace verge::assets

#endif  // ASSETS_FILE_SOURCE_H_
