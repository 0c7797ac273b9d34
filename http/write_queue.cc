#include "http/write_queue.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <utility>

namespace verge::http {

namespace {

// Copying less than this is cheaper than a piece of its own.
constexpr size_t kCopyBelow = 16 * 1024;

// The buffer's memory beyond this is given back when everything is sent.
constexpr size_t kKeptBuffer = 16 * 1024;

constexpr size_t kMaxPieces = 32;

}  // namespace

void WriteQueue::Append(Bytes bytes) {
  if (bytes.size() < kCopyBelow) {
    buffer_.append(bytes.view());
    return;
  }
  if (!buffer_.empty()) {
    // What was partly sent keeps its offset: it either is the front already or becomes it now.
    shared_size_ += buffer_.size();
    shared_.push_back(Bytes::Take(std::exchange(buffer_, {})));
  }
  shared_size_ += bytes.size();
  shared_.push_back(std::move(bytes));
}

WriteQueue::Result WriteQueue::Send(int fd) {
  while (!empty()) {
    const size_t wanted = size();
    ssize_t count;
    if (shared_.empty()) {
      count = send(fd, buffer_.data() + sent_of_front_, buffer_.size() - sent_of_front_, MSG_NOSIGNAL);
    } else {
      std::array<iovec, kMaxPieces> pieces;
      size_t used = 0;
      for (; used < pieces.size() && used < shared_.size(); ++used) {
        const size_t skip = used == 0 ? sent_of_front_ : 0;
        pieces[used] = {.iov_base = const_cast<uint8_t*>(shared_[used].data() + skip),
                        .iov_len = shared_[used].size() - skip};
      }
      if (used < pieces.size() && !buffer_.empty()) {
        pieces[used++] = {.iov_base = buffer_.data(), .iov_len = buffer_.size()};
      }
      msghdr message{};
      message.msg_iov = pieces.data();
      message.msg_iovlen = used;
      count = sendmsg(fd, &message, MSG_NOSIGNAL);
    }
    if (count < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ? Result::kBlocked : Result::kBroken;
    }
    Advance(static_cast<size_t>(count));
    // A short count means that the socket's buffer is full; more pieces than fit into one call do not.
    if (static_cast<size_t>(count) < wanted && shared_.size() <= kMaxPieces) return Result::kBlocked;
  }
  return Result::kDone;
}

std::string_view WriteQueue::front() const {
  const std::string_view first = shared_.empty() ? std::string_view(buffer_) : shared_.front().view();
  return first.substr(sent_of_front_);
}

void WriteQueue::Advance(size_t count) {
  sent_ += count;
  while (!shared_.empty()) {
    const size_t left = shared_.front().size() - sent_of_front_;
    if (count < left) {
      sent_of_front_ += count;
      return;
    }
    count -= left;
    sent_of_front_ = 0;
    shared_size_ -= shared_.front().size();
    shared_.pop_front();
  }
  sent_of_front_ += count;
  if (sent_of_front_ == buffer_.size()) {
    sent_of_front_ = 0;
    if (buffer_.capacity() > kKeptBuffer) std::string().swap(buffer_);
    buffer_.clear();
  }
}

void WriteQueue::Clear() {
  shared_.clear();
  shared_size_ = 0;
  sent_of_front_ = 0;
  if (buffer_.capacity() > kKeptBuffer) std::string().swap(buffer_);
  buffer_.clear();
  sent_ = 0;
}

}  // namespace verge::http
