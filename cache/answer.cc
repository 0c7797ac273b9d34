#include "cache/answer.h"

#include <algorithm>
#include <utility>

#include "cache/conditional.h"

namespace verge::cache {

namespace {

// Parts of multipart/byteranges, one after the other.
class PartsReader final : public http::BodySource, private http::BodySink {
 public:
  PartsReader(EntryRef entry, const Answer& answer, std::shared_ptr<Executor> executor)
      : entry_(std::move(entry)),
        executor_(std::move(executor)),
        ranges_(answer.ranges),
        multipart_(*answer.multipart) {}

  void Pull(http::BodySink* sink) override {
    if (next_ < ranges_.size() && !part_) {
      part_ = OpenBody(entry_, executor_, ranges_[next_]);
      sink->OnChunk(http::Bytes::Copy(multipart_.preludes[next_++]));
      return;
    }
    if (part_) {
      sink_ = sink;
      const http::Ref<http::BodySource> part = part_;
      part->Pull(this);
      return;
    }
    if (std::exchange(ended_, true)) {
      sink->OnEnd();
    } else {
      sink->OnChunk(http::Bytes::Copy(multipart_.epilogue));
    }
  }
  void Cancel() override {
    sink_ = nullptr;
    if (part_) part_->Cancel();
  }
  [[nodiscard]] std::optional<uint64_t> length() const override { return multipart_.length; }

 private:
  void OnChunk(http::Bytes chunk) override { std::exchange(sink_, nullptr)->OnChunk(std::move(chunk)); }
  void OnEnd() override {
    part_.reset();
    Pull(std::exchange(sink_, nullptr));
  }
  void OnError(http::BodyError error, std::string_view message) override {
    std::exchange(sink_, nullptr)->OnError(error, message);
  }

  const EntryRef entry_;
  const std::shared_ptr<Executor> executor_;
  const std::vector<ByteRange> ranges_;
  const Multipart multipart_;
  http::Ref<http::BodySource> part_;
  http::BodySink* sink_ = nullptr;
  size_t next_ = 0;
  bool ended_ = false;
};

}  // namespace

Answer AnswerFrom(const Entry& entry, const RequestView& request, const Verdict& verdict, Time now,
                  const AnswerOptions& options) {
  Answer answer;
  answer.status = entry.status();
  answer.status_text = entry.metadata().status_text;
  const auto add = [&answer](std::string_view name, std::string value) {
    answer.text.push_back(std::make_unique<std::string>(std::move(value)));
    answer.fields.push_back({name, *answer.text.back()});
  };
  const Fields stored = entry.fields();
  answer.fields.reserve(stored.size() + 4);
  const std::optional<uint64_t> size = entry.size();
  answer.length = size;
  std::optional<ByteRange> one;
  if (options.conditions && entry.status() == 200 && IsNotModified(request.fields, stored, now)) {
    answer.status = 304;
    answer.status_text = {};
    answer.has_body = false;
    answer.length.reset();
  } else if (options.ranges && entry.status() == 200 && size && request.method == "GET") {
    const auto range = FindField(request.fields, "range");
    if (range && IfRangeHolds(request.fields, stored, now)) {
      const RangeResult result = ParseRange(*range, *size, answer.ranges);
      if (result == RangeResult::kUnsatisfiable) {
        answer.status = 416;
        answer.has_body = false;
        answer.length = 0;
      } else if (result == RangeResult::kSatisfiable) {
        answer.status = 206;
        if (answer.ranges.size() == 1) {
          one = answer.ranges[0];
          answer.length = one->size();
        } else {
          answer.multipart = MakeMultipart(answer.ranges, *size, FindField(stored, "content-type").value_or(""),
                                           "verge-" + std::to_string(entry.sequence()) + "-part");
          answer.length = answer.multipart->length;
        }
      }
      if (answer.status != 200) answer.status_text = {};
    }
  }
  if (request.method == "HEAD") answer.has_body = false;
  for (const HeaderField& field : stored) {
    const bool describes = http::EqualsIgnoreCase(field.name, "content-type");
    if (answer.multipart && describes) continue;
    if (answer.status == 416 && (describes || http::EqualsIgnoreCase(field.name, "content-encoding"))) continue;
    answer.fields.push_back(field);
  }
  if (answer.multipart) add("Content-Type", answer.multipart->content_type);
  if (one) add("Content-Range", ContentRange(*one, *size));
  if (answer.status == 416) add("Content-Range", UnsatisfiedRange(*size));
  if (options.age) add("Age", std::to_string(std::max<int64_t>(verdict.age.count(), 0)));
  if (!options.cache_status.empty()) answer.fields.push_back({"Cf-Cache-Status", options.cache_status});
  return answer;
}

http::Ref<http::BodySource> AnswerBody(const EntryRef& entry, const Answer& answer,
                                       std::shared_ptr<Executor> executor) {
  if (!answer.has_body) return nullptr;
  if (answer.multipart) return http::MakeRef<PartsReader>(entry, answer, std::move(executor));
  if (answer.ranges.size() == 1) return OpenBody(entry, std::move(executor), answer.ranges[0]);
  return OpenBody(entry, std::move(executor));
}

}  // namespace verge::cache
