// Stored responses: what the page shows and purges of a worker's caches.
#include <charconv>
#include <format>
#include <memory>
#include <string>
#include <utility>

#include "cache/freshness.h"
#include "cache/service.h"
#include "cli/dev/explorer/calls.h"
#include "cli/dev/explorer/json_text.h"
#include "runtime/shard_mailbox.h"

namespace verge::cli {
namespace {

constexpr int64_t kMaxPage = 1000;

// A call that something owns which may be dropped: then it fails.
class OwnedCall {
 public:
  explicit OwnedCall(Call* call) : call_(call) {}
  OwnedCall(OwnedCall&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
  OwnedCall& operator=(OwnedCall&&) = delete;
  ~OwnedCall() {
    if (call_) call_->Fail(503, "verge is being stopped");
  }
  Call* Take() { return std::exchange(call_, nullptr); }

 private:
  Call* call_;
};

// The cache's way back to the explorer's shard.
class MailboxExecutor final : public cache::Executor {
 public:
  explicit MailboxExecutor(std::shared_ptr<runtime::ShardMailbox> mailbox) : mailbox_(std::move(mailbox)) {}
  void Post(cache::Task task) override { mailbox_->Post(new Mail(std::move(task))); }

 private:
  class Mail final : public runtime::MailboxTask {
   public:
    explicit Mail(cache::Task task) : task_(std::move(task)) {}
    void OnMail() override {
      task_();
      delete this;
    }

   private:
    cache::Task task_;
  };

  const std::shared_ptr<runtime::ShardMailbox> mailbox_;
};

std::string_view StateOf(const cache::ListedEntry& entry, const cache::Verdict& verdict) {
  if (entry.invalidated) return "invalidated";
  switch (verdict.usability) {
    case cache::Usability::kFresh:
      return "fresh";
    case cache::Usability::kStaleWhileRevalidate:
      return "revalidating";
    default:
      return "stale";
  }
}

std::string TagsJson(const std::vector<std::string>& tags) {
  std::string out = "[";
  for (const std::string& tag : tags) out.append(out.size() > 1 ? "," : "").append(JsonText(tag));
  return out + "]";
}

std::string VaryJson(const cache::VaryKey& vary) {
  std::string out = "[";
  for (const cache::VaryKey::Field& field : vary.fields) {
    out.append(out.size() > 1 ? "," : "");
    out += JsonText(field.name + (field.present ? ": " + field.value : ": (none)"));
  }
  return out + "]";
}

std::string EntryJson(const cache::ListedEntry& entry, cache::Time now) {
  const cache::Verdict verdict = cache::Judge(entry.lifetime, now, nullptr, entry.invalidated);
  return std::format(
      "{{\"name\":{},\"key\":{},\"url\":{},\"status\":{},\"state\":\"{}\",\"age\":{},\"freshLeft\":{},"
      "\"staleWhileRevalidate\":{},\"staleIfError\":{},\"size\":{},\"tags\":{},\"vary\":{},\"memory\":{},\"disk\":{}}}",
      JsonText(entry.name), JsonText(entry.key), JsonText(entry.url), entry.status, StateOf(entry, verdict),
      verdict.age.count(), verdict.fresh_left.count(), entry.lifetime.stale_while_revalidate.count(),
      entry.lifetime.stale_if_error.count(), entry.bytes, TagsJson(entry.tags), VaryJson(entry.vary), entry.in_memory,
      entry.on_disk);
}

std::string PageJson(const cache::ListPage& page, cache::Time now) {
  std::string out = "{\"entries\":[";
  std::string_view separator;
  for (const cache::ListedEntry& entry : page.entries) {
    out += std::exchange(separator, ",");
    out += EntryJson(entry, now);
  }
  // As text: it has more bits than a number of JavaScript.
  return out + (page.next ? std::format("],\"next\":\"{:x}\"}}", *page.next) : "],\"next\":null}");
}

bool Flag(const config::Value& parameters, std::string_view name) {
  const config::Value* value = parameters.Find(name);
  return value && value->Is(config::Value::Kind::kBoolean) && value->boolean;
}

}  // namespace

void ListCache(Call* call, const config::Value& parameters) {
  const auto worker = FindWorker(call, parameters);
  if (!worker) return;
  cache::ListRequest request;
  if (const std::string* contains = TextParameter(parameters, "contains")) request.contains = *contains;
  if (const std::string* from = TextParameter(parameters, "from")) {
    const char* end = from->data() + from->size();
    const auto [at, error] = std::from_chars(from->data(), end, request.from, 16);
    if (error != std::errc() || at != end) return call->Fail(400, "\"from\" is not what a page had as \"next\"");
  }
  if (const config::Value* limit = parameters.Find("limit")) {
    const int64_t given = limit->AsInteger().value_or(0);
    if (given < 1 || given > kMaxPage) return call->Fail(400, std::format("\"limit\" must be from 1 to {}", kMaxPage));
    request.limit = static_cast<size_t>(given);
  }
  const auto& service = call->subject().cache;
  service->List(worker->name, std::move(request), std::make_shared<MailboxExecutor>(call->mailbox()),
                [owned = OwnedCall(call), service](cache::ListPage page) mutable {
                  owned.Take()->Answer(PageJson(page, service->clock().Now()));
                });
}

void PurgeCache(Call* call, const config::Value& parameters) {
  const auto worker = FindWorker(call, parameters);
  if (!worker) return;
  cache::Service& service = *call->subject().cache;
  auto executor = std::make_shared<MailboxExecutor>(call->mailbox());
  const std::string* key = TextParameter(parameters, "key");
  if (key) {
    const std::string* name = TextParameter(parameters, "name");
    if (!name) return call->Fail(400, "\"name\" is missing");
    service.Open(worker->name, *name)->Remove(*key, std::move(executor), [owned = OwnedCall(call)](bool) mutable {
      owned.Take()->Answer("{}");
    });
    return;
  }
  cache::PurgeRequest request;
  request.soft = Flag(parameters, "soft");
  if (const std::string* tag = TextParameter(parameters, "tag"); tag && !tag->empty()) {
    request.kind = cache::PurgeKind::kTag;
    request.text = *tag;
  } else if (const std::string* prefix = TextParameter(parameters, "prefix"); prefix && !prefix->empty()) {
    request.kind = cache::PurgeKind::kPrefix;
    request.text = *prefix;
  } else if (!Flag(parameters, "everything")) {
    return call->Fail(400, "one of \"key\", \"tag\", \"prefix\" and \"everything\" is needed");
  }
  service.Purge(worker->name, request, std::move(executor),
                [owned = OwnedCall(call)]() mutable { owned.Take()->Answer("{}"); });
}

}  // namespace verge::cli
