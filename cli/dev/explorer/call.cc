#include "cli/dev/explorer/call.h"

#include <utility>

#include "cli/dev/explorer/json_text.h"

namespace verge::cli {

void RespondJson(http::Exchange& exchange, int status, std::string json) {
  const http::HeaderField headers[] = {{"Content-Type", "application/json; charset=UTF-8"},
                                       {"Cache-Control", "no-store"},
                                       {"X-Content-Type-Options", "nosniff"},
                                       {"Cross-Origin-Resource-Policy", "same-origin"}};
  exchange.Respond({.status = status, .status_text = {}, .headers = headers}, http::Bytes::Take(std::move(json)));
}

void Call::Start(Handler handler, std::shared_ptr<ExplorerSubject> subject,
                 std::shared_ptr<runtime::ShardMailbox> mailbox, http::Ref<http::Exchange> exchange) {
  auto* call = new Call(handler, std::move(subject), std::move(mailbox), std::move(exchange));
  call->body_ = call->exchange_->body();
  if (!call->body_) {
    call->Run();
  } else {
    call->ReadBody();
  }
}

void Call::ReadBody() {
  do {
    state_ = Reading::kWaiting;
    pulling_ = true;
    body_->Pull(this);
    pulling_ = false;
  } while (state_ == Reading::kChunk && text_.size() <= kMaxBody);
  if (state_ == Reading::kWaiting) return;  // it comes later
  if (state_ == Reading::kEnd) {
    Run();
  } else {
    body_->Cancel();
    Fail(413, "That is too much for one call.");
  }
}

void Call::OnChunk(http::Bytes chunk) {
  text_ += chunk.view();
  state_ = Reading::kChunk;
  if (!pulling_) ReadBody();
}

void Call::OnEnd() {
  state_ = Reading::kEnd;
  if (!pulling_) Run();
}

void Call::OnError(http::BodyError /*error*/, std::string_view /*message*/) {
  state_ = Reading::kFailed;
  if (pulling_) return;
  Fail(400, "The body broke off.");
}

void Call::Run() {
  // More than what is allowed in a value is none of a call's business.
  auto document = config::ReadJsonc(text_.empty() ? std::string_view("{}") : std::string_view(text_), "the parameters");
  std::string().swap(text_);
  if (!document) {
    Fail(400, document.error().ToString());
    return;
  }
  handler_(this, document->root);
}

void Call::Fail(int status, std::string_view text) { Finish(status, "{\"error\":" + JsonText(text) + "}"); }

void Call::Finish(int status, std::string json) {
  status_ = status;
  json_ = std::move(json);
  mailbox_->Post(this);
}

void Call::OnMail() {
  RespondJson(*exchange_, status_, std::move(json_));
  delete this;
}

void Call::OnShardGone() {
  // On another thread, perhaps: what belongs to the shard is left alone.
  (void)exchange_.Leak();
  (void)body_.Leak();
  delete this;
}

}  // namespace verge::cli
