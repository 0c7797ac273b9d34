// One writer for each database: what is queued from any thread runs in one transaction and is committed, that is
// fsynced, once. So the price of durability is shared by all that wait at the same time, and writers within a process
// never wait for each other's locks.
//
// A writer is no thread but a strand on the pool: it occupies one of its threads while it has jobs, and costs nothing
// otherwise, so that thousands of databases are cheap.
#ifndef SQLITE_GROUP_WRITER_H_
#define SQLITE_GROUP_WRITER_H_

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "sqlite/database.h"
#include "sqlite/error.h"
#include "sqlite/thread_pool.h"

namespace verge::sqlite {

// A change of the database. Derive, queue with GroupWriter::Submit, be told by Done.
class WriteJob {
 public:
  // `bytes`: the memory that it holds while it waits, for the limit of the queue.
  explicit WriteJob(size_t bytes = 0) : bytes_(bytes) {}
  virtual ~WriteJob() = default;
  WriteJob(const WriteJob&) = delete;
  WriteJob& operator=(const WriteJob&) = delete;

  // On a pool thread, within a write transaction that other jobs share: no BEGIN or COMMIT. It can be run again, from
  // the start, when its effect was undone by an error that was another job's: it must not use anything up, and forget
  // what an earlier run has found. An Error fails this job alone: its effect is undone, the others' is not.
  virtual Result<> Run(Database& database) = 0;

  // On a pool thread, exactly once, after the commit that has this job's effect is on the disk, or with the reason why
  // there is none. The job is deleted behind that.
  virtual void Done(Result<> result) = 0;

  // Whether Run is a single statement, which SQLite undoes by itself when it fails: saves the savepoint.
  [[nodiscard]] virtual bool single_statement() const { return false; }

  [[nodiscard]] size_t bytes() const { return bytes_; }

 private:
  friend class GroupWriter;
  const size_t bytes_;
};

struct GroupWriterOptions {
  // What may wait. Beyond that Submit refuses with kOverloaded.
  size_t max_queued_jobs = 100'000;
  size_t max_queued_bytes = 256 << 20;
  // What one transaction takes at most: bounds how long one job waits for the others of its group.
  size_t max_group_jobs = 2'000;
  size_t max_group_bytes = 32 << 20;
};

class GroupWriter final : private PoolTask {
 public:
  // Makes the connection when the first job comes, on a pool thread; called again with the next job after it failed.
  using Opener = std::function<Result<std::unique_ptr<Database>>()>;

  GroupWriter(ThreadPool& pool, Opener open, GroupWriterOptions options = {});
  // Finishes what is queued. Not on a thread of the pool; `pool` must still run.
  ~GroupWriter() override;

  // Any thread. An Error (the queue is full) means that the job is gone and its Done will not be called.
  Result<> Submit(std::unique_ptr<WriteJob> job);

  // Waits until everything that was queued before is done, and closes the connection: the next job opens it again.
  // Not on a thread of the pool. For tests, and for owners that let idle databases go.
  void Flush();

  [[nodiscard]] bool idle() const;

 private:
  using Jobs = std::vector<std::unique_ptr<WriteJob>>;

  void Run() override;
  // Takes what the next transaction is to do. Under the mutex.
  Jobs TakeGroup();
  void Process(Jobs jobs);
  // Runs all of `jobs` in one transaction. Those that fail alone are taken out and told. False: the transaction was
  // lost with some of the jobs still to be done, and each has to be tried on its own.
  bool Together(Jobs* jobs);
  void Alone(std::unique_ptr<WriteJob> job);
  // One job within an open transaction.
  Result<> RunJob(WriteJob& job);
  static void FailAll(Jobs* jobs, const Error& error);

  ThreadPool& pool_;
  const Opener open_;
  const GroupWriterOptions options_;
  std::unique_ptr<Database> database_;  // used by the strand only

  mutable std::mutex mutex_;
  std::condition_variable finished_;
  std::vector<std::unique_ptr<WriteJob>> queue_;
  size_t queued_bytes_ = 0;
  bool running_ = false;        // posted or running
  bool close_on_idle_ = false;  // Flush waits
};

}  // namespace verge::sqlite

#endif  // SQLITE_GROUP_WRITER_H_
