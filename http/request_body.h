// A request's body between the connection that receives it and the consumer that pulls it.
#ifndef HTTP_REQUEST_BODY_H_
#define HTTP_REQUEST_BODY_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "http/body.h"

namespace verge::http {

class RequestBody final : public BodySource {
 public:
  // The side that receives. Told what the consumer does, until Disown.
  class Receiver {
   public:
    virtual void OnBodyPulled() = 0;   // there may be room again
    virtual void OnBodyDropped() = 0;  // nobody will pull any more; the body may be gone on return

   protected:
    ~Receiver() = default;
  };

  RequestBody(Receiver* receiver, std::optional<uint64_t> length) : receiver_(receiver), length_(length) {}

  // BodySource:
  void Pull(BodySink* sink) override;
  void Cancel() override;
  [[nodiscard]] std::optional<uint64_t> length() const override { return length_; }
  [[nodiscard]] bool touched() const override { return touched_; }

  // For the receiver. Each may call the consumer.
  void Deliver(Bytes chunk);
  void End();
  void Fail(BodyError error, std::string_view message);  // `message` is static
  void Disown() { receiver_ = nullptr; }

  // Bytes that wait for a Pull.
  [[nodiscard]] size_t buffered() const { return buffered_; }

  // Whether a Pull waits for bytes.
  [[nodiscard]] bool wanted() const { return sink_ != nullptr; }

 private:
  void OnZeroReferences() override;

  // Answers Pulls as long as there is something to answer with.
  void Answer();

  struct Failure {
    BodyError error;
    std::string_view message;
  };

  Receiver* receiver_;
  std::optional<uint64_t> length_;
  BodySink* sink_ = nullptr;  // set: a Pull is to be answered
  std::deque<Bytes> chunks_;
  size_t buffered_ = 0;
  std::optional<Failure> failure_;
  bool ended_ = false;
  bool touched_ = false;
  bool answering_ = false;
};

}  // namespace verge::http

#endif  // HTTP_REQUEST_BODY_H_
