#include "assets/front.h"

#include <utility>

namespace verge::assets {
namespace {

SiteRequest RequestOf(const http::RequestHead& head) {
  return {.method = head.method(),
          .authority = head.authority(),
          .target = head.target(),
          .secure = head.secure(),
          .fields = head.headers()};
}

void Send(http::Exchange& exchange, Reply& reply, AssetLog* log) {
  if (log) log->OnAsset(*exchange.head(), reply.status);
  exchange.Respond({.status = reply.status, .status_text = {}, .headers = reply.fields}, std::move(reply.body));
}

class ExchangeAnswer final : public SiteAnswer {
 public:
  ExchangeAnswer(http::Ref<http::Exchange> exchange, AssetLog* log) : exchange_(std::move(exchange)), log_(log) {}
  [[nodiscard]] SiteRequest request() const override { return RequestOf(*exchange_->head()); }
  void OnReply(Reply reply) override { Send(*exchange_, reply, log_); }

 private:
  const http::Ref<http::Exchange> exchange_;
  AssetLog* const log_;
};

// A file being read for an answer.
struct Reading {
  uv_work_t work;
  std::shared_ptr<const Site> site;
  Decision decision;
  std::unique_ptr<SiteAnswer> answer;
  std::shared_ptr<const Content> content;
};

// Whether the file's bytes are wanted before the answer's head can be written.
bool HasToBeRead(const Decision& decision) {
  return decision.file && decision.file->identity.size <= Folder::kMaxKept && !decision.file->content.load();
}

}  // namespace

void AnswerFrom(std::shared_ptr<const Site> site, uv_loop_t* loop, const Decision& decision,
                std::unique_ptr<SiteAnswer> answer) {
  if (!HasToBeRead(decision)) {
    auto content = decision.file ? decision.file->content.load() : nullptr;
    Reply reply = site->Answer(answer->request(), decision, std::move(content), loop);
    answer->OnReply(std::move(reply));
    return;
  }
  auto* reading = new Reading{{}, std::move(site), decision, std::move(answer), nullptr};
  reading->work.data = reading;
  uv_queue_work(
      loop, &reading->work,
      [](uv_work_t* work) {
        auto* job = static_cast<Reading*>(work->data);
        job->content = job->site->folder().Read(*job->decision.file);
      },
      [](uv_work_t* work, int) {
        const std::unique_ptr<Reading> done(static_cast<Reading*>(work->data));
        Reply reply =
            done->site->Answer(done->answer->request(), done->decision, std::move(done->content), done->work.loop);
        done->answer->OnReply(std::move(reply));
      });
}

bool ServeAsset(const std::shared_ptr<const Site>& site, uv_loop_t* loop, const http::Ref<http::Exchange>& exchange,
                AssetLog* log) {
  const SiteRequest request = RequestOf(*exchange->head());
  const Decision decision = site->Decide(request, Site::Asker::kClient);
  if (decision.to_worker) return false;
  if (HasToBeRead(decision)) {
    AnswerFrom(site, loop, decision, std::make_unique<ExchangeAnswer>(exchange, log));
    return true;
  }
  auto content = decision.file ? decision.file->content.load() : nullptr;
  Reply reply = site->Answer(request, decision, std::move(content), loop);
  Send(*exchange, reply, log);
  return true;
}

}  // namespace verge::assets
