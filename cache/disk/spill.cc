#include "cache/disk/spill.h"

#include <cerrno>
#include <utility>

#include "cache/service_core.h"

namespace verge::cache {

Spill::Spill(DiskTier& tier, std::shared_ptr<DiskThreads> threads, DiskTier::PendingRef pending)
    : tier_(tier), threads_(std::move(threads)), pending_(std::move(pending)), body_(pending_->entry->body()) {}

Spill::~Spill() {
  // Given up by the writer. The core is still there: the pending object's entry was its writer's.
  if (!over_) tier_.FileFailed(pending_, 0);
}

bool Spill::Append(http::Bytes piece) {
  const std::lock_guard lock(mutex_);
  if (failed_) return false;
  waiting_bytes_ += piece.size();
  queue_.push_back(std::move(piece));
  Start();
  return !failed_;
}

bool Spill::behind() const {
  const std::lock_guard lock(mutex_);
  return !failed_ && waiting_bytes_ > kMostWaiting;
}

void Spill::WhenReady(std::shared_ptr<Executor> executor, Task task) {
  const std::lock_guard lock(mutex_);
  waiter_ = Waiter{std::move(executor), std::move(task)};
  WakeIfReady();
}

void Spill::Finish() {
  tier_.List(pending_);
  const std::lock_guard lock(mutex_);
  finishing_ = true;
  Start();
}

void Spill::Start() {
  if (working_ || over_) return;
  working_ = threads_->Post([self = shared_from_this()] { self->Work(); });
  if (!working_) failed_ = true;
}

void Spill::Work() {
  if (!builder_) {
    auto file = tier_.EnsureOpen() ? tier_.CreateFile(pending_->id, tier_.KeyOf(pending_->body.nonce))
                                   : std::unexpected(ENODEV);
    if (!file) {
      Fail(file.error());
      return;
    }
    builder_.emplace(*std::move(file));
  }
  while (true) {
    std::deque<http::Bytes> pieces;
    bool last = false;
    {
      const std::lock_guard lock(mutex_);
      pieces.swap(queue_);
      last = finishing_;
      if (pieces.empty() && !last) {
        working_ = false;
        return;
      }
    }
    int error = 0;
    uint64_t bytes = 0;
    for (const http::Bytes& piece : pieces) {
      bytes += piece.size();
      if (error == 0) error = builder_->Append(piece.view());
    }
    if (error == 0 && last) error = builder_->Finish();
    if (error != 0) {
      Fail(error);
      return;
    }
    body_->MoveToFile(builder_->file(), builder_->file()->size());
    {
      const std::lock_guard lock(mutex_);
      waiting_bytes_ -= bytes;
      WakeIfReady();
      if (!last) continue;
      over_ = true;
      working_ = false;
    }
    break;
  }
  pending_->body.size = builder_->file()->size();
  if (const int error = tier_.PublishFile(pending_->id)) {
    tier_.FileFailed(pending_, error);
  } else {
    tier_.SubmitStore(pending_);
  }
}

void Spill::Fail(int error) {
  body_->StopKeeping();
  {
    const std::lock_guard lock(mutex_);
    failed_ = over_ = true;
    working_ = false;
    queue_.clear();
    waiting_bytes_ = 0;
    WakeIfReady();
  }
  tier_.FileFailed(pending_, error);
}

void Spill::WakeIfReady() {
  if (!waiter_ || (!failed_ && waiting_bytes_ > kFewWaiting)) return;
  waiter_->executor->Post(std::move(waiter_->task));
  waiter_.reset();
}

}  // namespace verge::cache
