#include "bindings/cache/shard_executor.h"

#include <utility>

#include "runtime/shard.h"
#include "runtime/shard_mailbox.h"

namespace verge::bindings {

class ShardExecutor::Mail final : public runtime::MailboxTask {
 public:
  Mail(std::shared_ptr<ShardExecutor> executor, cache::Task task)
      : executor_(std::move(executor)), task_(std::move(task)) {}

  void OnMail() override {
    if (!executor_->closed_) task_();
    delete this;
  }

 private:
  const std::shared_ptr<ShardExecutor> executor_;
  cache::Task task_;
};

ShardExecutor::ShardExecutor(runtime::Shard& shard) : mailbox_(shard.mailbox()) {}

void ShardExecutor::Post(cache::Task task) { mailbox_->Post(new Mail(shared_from_this(), std::move(task))); }

}  // namespace verge::bindings
