#include "sqlite/group_writer.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace verge::sqlite {

GroupWriter::GroupWriter(ThreadPool& pool, Opener open, GroupWriterOptions options)
    : pool_(pool), open_(std::move(open)), options_(options) {}

GroupWriter::~GroupWriter() { Flush(); }

Result<> GroupWriter::Submit(std::unique_ptr<WriteJob> job) {
  {
    std::lock_guard lock(mutex_);
    if (queue_.size() >= options_.max_queued_jobs ||
        (!queue_.empty() &&
         job->bytes() > options_.max_queued_bytes - std::min(queued_bytes_, options_.max_queued_bytes))) {
      return Fail(kOverloaded, "too many writes are waiting");
    }
    queued_bytes_ += job->bytes();
    queue_.push_back(std::move(job));
    if (running_) return {};
    running_ = true;
  }
  pool_.Post(this);
  return {};
}

void GroupWriter::Flush() {
  std::unique_lock lock(mutex_);
  if (!running_) {
    // Nobody else touches the connection while `running_` says that the strand is taken.
    running_ = true;
    close_on_idle_ = true;
    lock.unlock();
    pool_.Post(this);
    lock.lock();
  }
  close_on_idle_ = true;
  finished_.wait(lock, [this] { return !running_; });
}

bool GroupWriter::idle() const {
  std::lock_guard lock(mutex_);
  return !running_;
}

GroupWriter::Jobs GroupWriter::TakeGroup() {
  size_t count = 0;
  size_t bytes = 0;
  while (count < queue_.size() && count < options_.max_group_jobs) {
    bytes += queue_[count]->bytes();
    if (count > 0 && bytes > options_.max_group_bytes) {
      bytes -= queue_[count]->bytes();
      break;
    }
    ++count;
  }
  queued_bytes_ -= bytes;
  if (count == queue_.size()) return std::exchange(queue_, {});
  auto end = queue_.begin() + static_cast<ptrdiff_t>(count);
  Jobs group(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return group;
}

// One group, then the thread goes to whoever waits for it.
void GroupWriter::Run() {
  Jobs group;
  {
    std::lock_guard lock(mutex_);
    group = TakeGroup();
  }
  if (!group.empty()) Process(std::move(group));
  {
    std::unique_lock lock(mutex_);
    if (queue_.empty() && std::exchange(close_on_idle_, false)) {
      lock.unlock();
      database_.reset();
      lock.lock();
    }
    if (queue_.empty()) {
      running_ = false;
      // Under the lock: whoever waits may destroy this as soon as it is released.
      finished_.notify_all();
      return;
    }
  }
  pool_.Post(this);
}

void GroupWriter::FailAll(Jobs* jobs, const Error& error) {
  for (auto& job : *jobs) {
    job->Done(std::unexpected(error));
    job.reset();
  }
  jobs->clear();
}

void GroupWriter::Process(Jobs jobs) {
  if (!database_) {
    auto opened = open_();
    if (!opened) {
      FailAll(&jobs, opened.error());
      return;
    }
    database_ = *std::move(opened);
  }
  if (Together(&jobs)) return;
  for (auto& job : jobs) Alone(std::move(job));
}

Result<> GroupWriter::RunJob(WriteJob& job) {
  if (job.single_statement()) {
    Result<> done = job.Run(*database_);
    if (!done || !database_->has_deferred_violations()) [[likely]]
      return done;
    // One statement that breaks a deferred key cannot be undone without a savepoint, but alone it can.
    return Fail(SQLITE_CONSTRAINT_FOREIGNKEY, "FOREIGN KEY constraint failed");
  }
  auto savepoint = Savepoint::Begin(*database_);
  if (!savepoint) return std::unexpected(std::move(savepoint).error());
  Result<> done = job.Run(*database_);
  if (done && database_->has_deferred_violations()) {
    done = Fail(SQLITE_CONSTRAINT_FOREIGNKEY, "FOREIGN KEY constraint failed");
  }
  if (done) done = savepoint->Release();
  return done;
}

bool GroupWriter::Together(Jobs* jobs) {
  auto transaction = Transaction::BeginWrite(*database_);
  if (!transaction) {
    FailAll(jobs, transaction.error());
    return true;
  }
  Jobs done;
  done.reserve(jobs->size());
  // Puts those that had succeeded back before those that have not run.
  auto start_over = [&](size_t next) {
    transaction->Rollback();
    done.insert(done.end(), std::make_move_iterator(jobs->begin() + static_cast<ptrdiff_t>(next)),
                std::make_move_iterator(jobs->end()));
    *jobs = std::move(done);
    return false;
  };
  for (size_t i = 0; i < jobs->size(); ++i) {
    std::unique_ptr<WriteJob>& job = (*jobs)[i];
    Result<> result = RunJob(*job);
    if (result) {
      done.push_back(std::move(job));
      continue;
    }
    bool lost = database_->autocommit() || database_->has_deferred_violations();
    // Told after the transaction has gone on or is over: Done may be what frees memory or a disk.
    std::unique_ptr<WriteJob> failed = std::move(job);
    if (lost) transaction->Rollback();
    failed->Done(std::move(result));
    failed.reset();
    if (lost) return start_over(i + 1);
  }
  if (done.empty()) return true;
  Result<> committed = transaction->Commit();
  if (!committed && committed.error().full() && done.size() > 1) {
    // All together did not fit; some may.
    return start_over(jobs->size());
  }
  for (auto& job : done) {
    job->Done(committed);
    job.reset();
  }
  return true;
}

void GroupWriter::Alone(std::unique_ptr<WriteJob> job) {
  auto transaction = Transaction::BeginWrite(*database_);
  if (!transaction) {
    job->Done(std::unexpected(std::move(transaction).error()));
    return;
  }
  Result<> result = RunJob(*job);
  if (result) {
    result = transaction->Commit();
  } else {
    transaction->Rollback();
  }
  job->Done(std::move(result));
}

}  // namespace verge::sqlite
