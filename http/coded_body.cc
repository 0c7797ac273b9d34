// Bodies that are decoded, or encoded, while they are pulled.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "http/content_coding.h"
#include "http/stream_coder.h"

namespace verge::http {

namespace {

constexpr size_t kPiece = size_t{64} << 10;  // on the stack

// After this much input an encoder has to come out with something, so that no Pull takes longer than some milliseconds.
constexpr size_t kMaxQuietInput = size_t{128} << 10;

class CodedBody final : public BodySource, public BodySink {
 public:
  CodedBody(Ref<BodySource> source, std::unique_ptr<StreamCoder> coder, bool decodes)
      : source_(std::move(source)), coder_(std::move(coder)), decodes_(decodes) {}

  // BodySource:
  void Pull(BodySink* sink) override {
    sink_ = sink;
    Advance();
  }

  void Cancel() override {
    sink_ = nullptr;
    if (std::exchange(done_, true)) return;
    input_ = {};
    if (!ended_) source_->Cancel();
  }

 private:
  using Mode = StreamCoder::Mode;
  using Status = StreamCoder::Status;

  ~CodedBody() override {
    if (!done_ && !ended_) source_->Cancel();
  }

  // BodySink:
  void OnChunk(Bytes chunk) override {
    const Ref<CodedBody> self(this);
    pulling_ = false;
    input_ = std::move(chunk);
    empty_ = false;
    Advance();
  }

  void OnEnd() override {
    const Ref<CodedBody> self(this);
    pulling_ = false;
    ended_ = true;
    Advance();
  }

  void OnError(BodyError error, std::string_view message) override {
    const Ref<CodedBody> self(this);
    pulling_ = false;
    ended_ = true;
    failure_ = error;
    failure_message_ = message;
    Advance();
  }

  // Answers Pulls as long as there is something to answer with.
  void Advance() {
    if (advancing_) return;  // asked from within an answer: the loop there goes on
    const Ref<CodedBody> self(this);
    advancing_ = true;
    while (sink_ && !done_) {
      if (!coder_) {
        Fail(BodyError::kFailed, "There is no memory for the body's coding.");
      } else if (working_) {
        Step();
      } else if (!finished_ && quiet_input_ >= kMaxQuietInput && !decodes_) {
        Begin(0, Mode::kFlush);
      } else if (!finished_ && !input_.empty()) {
        Begin(std::min(input_.size(), kMaxQuietInput), Mode::kMore);
      } else if (failure_) {
        Fail(*failure_, failure_message_);
      } else if (ended_) {
        AfterEnd();
      } else if (!pulling_) {
        pulling_ = true;
        source_->Pull(this);
      } else if (!decodes_ && holds_back_) {
        // The source makes us wait: what the encoder holds back must not wait with it.
        Begin(0, Mode::kFlush);
      } else {
        break;
      }
    }
    advancing_ = false;
  }

  void Begin(size_t size, Mode mode) {
    step_input_ = input_.span().first(size);
    mode_ = mode;
    working_ = true;
  }

  // One piece of output of what was begun, and an answer if there is any.
  void Step() {
    std::array<uint8_t, kPiece> piece;  // not initialised: the coder says how much it wrote
    std::span<uint8_t> room = piece;
    const size_t before = step_input_.size();
    const auto status = coder_->Step(step_input_, room, mode_);
    const size_t taken = before - step_input_.size();
    const size_t made = piece.size() - room.size();
    input_ = input_.Slice(taken);
    quiet_input_ = made > 0 || mode_ != Mode::kMore ? 0 : quiet_input_ + taken;
    holds_back_ = mode_ == Mode::kMore && (holds_back_ || taken > 0);
    if (!status) {
      failure_ = BodyError::kMalformed;
      failure_message_ = status.error();
      // What is good comes first, and then nothing more.
      finished_ = true;
      working_ = false;
      if (!std::exchange(ended_, true)) source_->Cancel();
    } else {
      working_ = *status == Status::kFull;
      finished_ = *status == Status::kFinished;
    }
    // What follows the end of the stream is not looked at.
    if (finished_) input_ = {};
    if (made > 0) std::exchange(sink_, nullptr)->OnChunk(Bytes::Copy(std::span<const uint8_t>(piece).first(made)));
  }

  void AfterEnd() {
    if (!decodes_ && !finished_) {
      Begin(0, Mode::kFinish);
    } else if (decodes_ && !finished_ && !coder_->complete() && !empty_) {
      Fail(BodyError::kMalformed, "The compressed data ends too early.");
    } else {
      done_ = true;
      std::exchange(sink_, nullptr)->OnEnd();
    }
  }

  void Fail(BodyError error, std::string_view message) {
    done_ = true;
    if (!std::exchange(ended_, true)) source_->Cancel();
    std::exchange(sink_, nullptr)->OnError(error, message);
  }

  Ref<BodySource> source_;
  std::unique_ptr<StreamCoder> coder_;
  BodySink* sink_ = nullptr;  // set: a Pull is to be answered
  Bytes input_;               // not taken yet
  std::span<const uint8_t> step_input_;
  size_t quiet_input_ = 0;  // taken since the last output
  Mode mode_ = Mode::kMore;
  bool decodes_;
  bool advancing_ = false;
  bool pulling_ = false;     // the source owes an answer
  bool working_ = false;     // the coder has not done all that was begun
  bool holds_back_ = false;  // the encoder has input that it was not told to flush
  bool finished_ = false;    // the coder is at its stream's end
  bool ended_ = false;       // the source is
  bool empty_ = true;        // it never gave anything
  bool done_ = false;        // the consumer was told the end, or wants no more
  std::optional<BodyError> failure_;
  std::string failure_message_;
};

}  // namespace

Ref<BodySource> DecodeBody(Ref<BodySource> body, ContentCoding coding) {
  if (coding == ContentCoding::kIdentity) return body;
  return MakeRef<CodedBody>(std::move(body), CreateStreamDecoder(coding, Strictness::kLenient), true);
}

Ref<BodySource> EncodeBody(Ref<BodySource> body, ContentCoding coding) {
  if (coding == ContentCoding::kIdentity) return body;
  return MakeRef<CodedBody>(std::move(body), CreateStreamEncoder(coding, -1), false);
}

}  // namespace verge::http
