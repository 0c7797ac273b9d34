// A response's body between the connection that receives it and the consumer that pulls it.
#ifndef HTTP_CLIENT_RESPONSE_BODY_H_
#define HTTP_CLIENT_RESPONSE_BODY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "http/body.h"

namespace verge::http {

class ResponseBody final : public BodySource {
 public:
  // The side that receives. Told what the consumer does, until Disown.
  class Receiver {
   public:
    virtual void OnBodyPulled() = 0;   // there may be room again
    virtual void OnBodyDropped() = 0;  // nobody will pull any more; the body may be gone on return

   protected:
    ~Receiver() = default;
  };

  ResponseBody(Receiver* receiver, std::optional<uint64_t> length) : receiver_(receiver), length_(length) {}

  // BodySource:
  void Pull(BodySink* sink) override;
  void Cancel() override;
  [[nodiscard]] std::optional<uint64_t> length() const override { return length_; }

  // For the receiver. Only Answer calls the consumer: it comes last, when the receiver's own state is settled.
  void Add(Bytes chunk);
  void End() { ended_ = true; }
  void Fail(BodyError error, std::string message);
  void Disown() { receiver_ = nullptr; }
  void Answer();

  // Bytes that wait for a Pull.
  [[nodiscard]] size_t buffered() const { return buffered_; }

  // Whether a Pull waits for bytes.
  [[nodiscard]] bool wanted() const { return sink_ != nullptr; }

 private:
  void OnZeroReferences() override;

  struct Failure {
    BodyError error;
    std::string message;
  };

  Receiver* receiver_;
  std::optional<uint64_t> length_;
  BodySink* sink_ = nullptr;  // set: a Pull is to be answered
  std::vector<Bytes> chunks_;
  size_t next_ = 0;  // of the chunks
  size_t buffered_ = 0;
  std::optional<Failure> failure_;
  bool ended_ = false;
  bool answering_ = false;
};

}  // namespace verge::http

#endif  // HTTP_CLIENT_RESPONSE_BODY_H_
