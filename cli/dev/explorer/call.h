// One call of the explorer's page, from its first byte to its answer.
#ifndef CLI_DEV_EXPLORER_CALL_H_
#define CLI_DEV_EXPLORER_CALL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "cli/dev/explorer/explorer.h"
#include "config/value.h"
#include "http/body.h"
#include "http/server.h"
#include "runtime/shard_mailbox.h"

namespace verge::cli {

// Owns itself until it is answered. Made on its shard's thread; answered from any, once.
class Call final : public runtime::MailboxTask, private http::BodySink {
 public:
  // Parameters: a JSON object.
  using Handler = void (*)(Call* call, const config::Value& parameters);

  // The largest value of a KV namespace as base64, and something for the rest.
  static constexpr size_t kMaxBody = 36 << 20;

  // Reads the parameters and has `handler` answer.
  static void Start(Handler handler, std::shared_ptr<ExplorerSubject> subject,
                    std::shared_ptr<runtime::ShardMailbox> mailbox, http::Ref<http::Exchange> exchange);

  ExplorerSubject& subject() { return *subject_; }
  // Of its shard.
  [[nodiscard]] const std::shared_ptr<runtime::ShardMailbox>& mailbox() const { return mailbox_; }

  // The answer: a JSON object.
  void Answer(std::string json) { Finish(200, std::move(json)); }
  // {"error": text}. 400: the parameters are wrong; 404: there is no such binding; 422: the store refuses it.
  void Fail(int status, std::string_view text);

 private:
  Call(Handler handler, std::shared_ptr<ExplorerSubject> subject, std::shared_ptr<runtime::ShardMailbox> mailbox,
       http::Ref<http::Exchange> exchange)
      : handler_(handler), subject_(std::move(subject)), mailbox_(std::move(mailbox)), exchange_(std::move(exchange)) {}
  ~Call() override = default;

  void ReadBody();
  void Run();
  void Finish(int status, std::string json);

  // runtime::MailboxTask
  void OnMail() override;
  void OnShardGone() override;

  // http::BodySink
  void OnChunk(http::Bytes chunk) override;
  void OnEnd() override;
  void OnError(http::BodyError error, std::string_view message) override;

  enum class Reading : uint8_t { kWaiting, kChunk, kEnd, kFailed };

  const Handler handler_;
  const std::shared_ptr<ExplorerSubject> subject_;
  const std::shared_ptr<runtime::ShardMailbox> mailbox_;
  http::Ref<http::Exchange> exchange_;
  http::Ref<http::BodySource> body_;
  Reading state_ = Reading::kWaiting;
  bool pulling_ = false;
  std::string text_;  // what came in
  int status_ = 0;
  std::string json_;  // what goes out
};

// Answers an exchange with JSON, and with what keeps it from being taken for something else.
void RespondJson(http::Exchange& exchange, int status, std::string json);

}  // namespace verge::cli

#endif  // CLI_DEV_EXPLORER_CALL_H_
