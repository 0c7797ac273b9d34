#include "assets/file_source.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace verge::assets {
namespace {

// As much as a connection queues up.
constexpr size_t kChunk = 128 * 1024;

}  // namespace

struct FileSource::Job {
  uv_work_t work;
  FileSource* source = nullptr;  // null: nobody wants it any more
  int fd = -1;
  uint64_t position = 0;
  std::string chunk;
  size_t size = 0;
};

FileSource::FileSource(uv_loop_t* loop, int fd, uint64_t begin, uint64_t end)
    : loop_(loop), fd_(fd), position_(begin), end_(end), length_(end - begin) {}

FileSource::~FileSource() {
  if (job_) job_->source = nullptr;
  if (fd_ >= 0) ::close(fd_);
}

void FileSource::Cancel() {
  touched_ = true;
  sink_ = nullptr;
  position_ = end_;
  if (job_) std::exchange(job_, nullptr)->source = nullptr;
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void FileSource::Pull(http::BodySink* sink) {
  touched_ = true;
  if (position_ == end_) return sink->OnEnd();
  if (fd_ < 0) return sink->OnError(http::BodyError::kFailed, "the file is closed");
  const size_t size = std::min<uint64_t>(kChunk, end_ - position_);
  std::string chunk;
  ssize_t got = 0;
  int error = 0;
  chunk.resize_and_overwrite(size, [&](char* data, size_t capacity) {
    iovec into{data, capacity};
    got = ::preadv2(fd_, &into, 1, static_cast<off_t>(position_), RWF_NOWAIT);
    error = errno;
    return static_cast<size_t>(std::max<ssize_t>(got, 0));
  });
  if (got > 0 || (got < 0 && error != EAGAIN && error != EOPNOTSUPP && error != EINTR)) {
    return Answer(sink, std::move(chunk));
  }
  auto* job = new Job();
  job->work.data = job;
  job->source = this;
  job->fd = std::exchange(fd_, -1);
  job->position = position_;
  job->size = size;
  job_ = job;
  sink_ = sink;
  uv_queue_work(
      loop_, &job->work,
      [](uv_work_t* work) {
        auto* running = static_cast<Job*>(work->data);
        running->chunk.resize_and_overwrite(running->size, [running](char* data, size_t capacity) {
          ssize_t read = 0;
          do {
            read = ::pread(running->fd, data, capacity, static_cast<off_t>(running->position));
          } while (read < 0 && errno == EINTR);
          return static_cast<size_t>(std::max<ssize_t>(read, 0));
        });
      },
      [](uv_work_t* work, int) {
        std::unique_ptr<Job> done(static_cast<Job*>(work->data));
        if (!done->source) {
          ::close(done->fd);
          return;
        }
        const http::Ref<FileSource> source(done->source);
        source->job_ = nullptr;
        source->fd_ = done->fd;
        source->Answer(std::exchange(source->sink_, nullptr), std::move(done->chunk));
      });
}

void FileSource::Answer(http::BodySink* sink, std::string chunk) {
  if (chunk.empty()) return sink->OnError(http::BodyError::kFailed, "the file was cut short or cannot be read");
  position_ += chunk.size();
  sink->OnChunk(http::Bytes::Take(std::move(chunk)));
}

}  // namespace verge::assets
