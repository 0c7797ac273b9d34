#include "bindings/fetch/tee_source.h"

#include <deque>
#include <string>

namespace verge::bindings {
namespace {

using http::BodyError;
using http::BodySink;
using http::BodySource;
using http::Bytes;
using http::Ref;

class Branch;

// What the branches share. Kept alive by them, and by itself while the source owes an answer.
class Tee final : public http::RefCounted, private BodySink {
 public:
  Tee(Ref<BodySource> source, size_t max_lag)
      : length_(source->length()), max_lag_(max_lag), source_(std::move(source)) {}

  void Attach(int index, Branch* branch) { branches_[index] = branch; }
  // Branch `index` wants no more.
  void Detach(int index);
  void Want();

  const std::optional<uint64_t> length_;

 private:
  void OnChunk(Bytes chunk) override;
  void OnEnd() override;
  void OnError(BodyError error, std::string_view message) override;

  const size_t max_lag_;
  Ref<BodySource> source_;
  Branch* branches_[2] = {};
  bool pulling_ = false;
  bool looping_ = false;
  bool again_ = false;
};

class Branch final : public BodySource {
 public:
  Branch(Ref<Tee> tee, int index) : tee_(std::move(tee)), index_(index) { tee_->Attach(index, this); }
  ~Branch() override {
    if (tee_) tee_->Detach(index_);
  }

  void Pull(BodySink* sink) override {
    sink_ = sink;
    Answer();
    if (sink_ && tee_) {
      Ref<Tee> tee = tee_;
      tee->Want();
    }
  }

  void Cancel() override {
    sink_ = nullptr;
    chunks_.clear();
    size_ = 0;
    ended_ = true;
    if (Ref<Tee> tee = std::move(tee_)) tee->Detach(index_);
  }

  [[nodiscard]] std::optional<uint64_t> length() const override { return length_; }

  [[nodiscard]] bool waiting() const { return sink_ != nullptr; }
  [[nodiscard]] size_t size() const { return size_; }

  void Add(Bytes chunk) {
    size_ += chunk.size();
    chunks_.push_back(std::move(chunk));
    Answer();
  }
  void End() {
    ended_ = true;
    Answer();
  }
  void Fail(BodyError error, std::string_view message) {
    failed_ = true;
    error_ = error;
    message_ = message;
    Answer();
  }

 private:
  void Answer() {
    if (answering_) return;  // asked from within an answer: the loop there goes on
    Ref<Branch> self(this);
    answering_ = true;
    while (sink_) {
      if (!chunks_.empty()) {
        Bytes chunk = std::move(chunks_.front());
        chunks_.pop_front();
        size_ -= chunk.size();
        std::exchange(sink_, nullptr)->OnChunk(std::move(chunk));
      } else if (failed_) {
        std::exchange(sink_, nullptr)->OnError(error_, message_);
      } else if (ended_) {
        std::exchange(sink_, nullptr)->OnEnd();
      } else {
        break;
      }
    }
    answering_ = false;
  }

  Ref<Tee> tee_;
  const int index_;
  const std::optional<uint64_t> length_ = tee_->length_;
  BodySink* sink_ = nullptr;
  std::deque<Bytes> chunks_;
  size_t size_ = 0;
  bool ended_ = false;
  bool failed_ = false;
  bool answering_ = false;
  BodyError error_{};
  std::string message_;
};

void Tee::Detach(int index) {
  branches_[index] = nullptr;
  if (branches_[1 - index] || !source_) return;
  Ref<Tee> keep(this);
  pulling_ = false;
  std::exchange(source_, nullptr)->Cancel();
}

void Tee::Want() {
  if (pulling_ || !source_) return;
  if (looping_) {
    again_ = true;
    return;
  }
  Ref<Tee> keep(this);
  looping_ = true;
  do {
    again_ = false;
    pulling_ = true;
    Ref<BodySource> source = source_;
    source->Pull(this);
    // A branch that was answered may have asked again already.
    if (!pulling_ && source_) {
      for (Branch* branch : branches_) again_ = again_ || (branch && branch->waiting());
    }
  } while (again_ && source_);
  looping_ = false;
}

void Tee::OnChunk(Bytes chunk) {
  Ref<Tee> keep(this);
  pulling_ = false;
  for (int i = 0; i < 2; ++i) {
    if (!branches_[i]) continue;
    Ref<Branch> branch(branches_[i]);
    if (!branch->waiting() && branch->size() + chunk.size() > max_lag_) {
      branches_[i] = nullptr;
      branch->Fail(BodyError::kTooLarge, "The body was read much faster through its clone: too much had to be kept.");
      continue;
    }
    branch->Add(chunk);
  }
  bool wanted = false;
  for (Branch* branch : branches_) wanted = wanted || (branch && branch->waiting());
  if (wanted) Want();
}

void Tee::OnEnd() {
  Ref<Tee> keep(this);
  pulling_ = false;
  source_.reset();
  for (int i = 0; i < 2; ++i) {
    if (branches_[i]) Ref<Branch>(branches_[i])->End();
  }
}

void Tee::OnError(BodyError error, std::string_view message) {
  Ref<Tee> keep(this);
  pulling_ = false;
  source_.reset();
  std::string text(message);
  for (int i = 0; i < 2; ++i) {
    if (branches_[i]) Ref<Branch>(branches_[i])->Fail(error, text);
  }
}

}  // namespace

void LazyDecoder::Pull(BodySink* sink) {
  if (!pulled_) {
    pulled_ = true;
    if (coding_ != http::ContentCoding::kIdentity) source_ = http::DecodeBody(std::move(source_), coding_);
  }
  source_->Pull(sink);
}

bool LazyDecoder::KeepCoded(http::ContentCoding coding) {
  if (pulled_ || coding != coding_) return false;
  coding_ = http::ContentCoding::kIdentity;
  return true;
}

std::pair<Ref<BodySource>, Ref<BodySource>> TeeBody(Ref<BodySource> source, size_t max_lag) {
  http::ContentCoding coding = source->coding();
  if (coding != http::ContentCoding::kIdentity && !source->KeepCoded(coding)) coding = http::ContentCoding::kIdentity;
  auto tee = http::MakeRef<Tee>(std::move(source), max_lag);
  auto branch = [&](int index) -> Ref<BodySource> {
    Ref<BodySource> raw = http::MakeRef<Branch>(tee, index);
    if (coding == http::ContentCoding::kIdentity) return raw;
    return http::MakeRef<LazyDecoder>(std::move(raw), coding);
  };
  auto first = branch(0);
  return {std::move(first), branch(1)};
}

}  // namespace verge::bindings
