// A body in one piece.
#ifndef HTTP_BYTES_SOURCE_H_
#define HTTP_BYTES_SOURCE_H_

#include <cstdint>
#include <optional>
#include <utility>

#include "http/body.h"
#include "http/bytes.h"

namespace verge::http {

class BytesSource final : public BodySource {
 public:
  explicit BytesSource(Bytes bytes) : bytes_(std::move(bytes)), length_(bytes_.size()) {}

  void Pull(BodySink* sink) override {
    touched_ = true;
    if (bytes_.empty()) {
      sink->OnEnd();
    } else {
      sink->OnChunk(std::exchange(bytes_, {}));
    }
  }
  void Cancel() override {
    touched_ = true;
    bytes_ = {};
  }
  [[nodiscard]] std::optional<uint64_t> length() const override { return length_; }
  [[nodiscard]] bool touched() const override { return touched_; }
  std::optional<Bytes> TakeWhole() override {
    if (std::exchange(touched_, true)) return std::nullopt;
    return std::exchange(bytes_, {});
  }

 private:
  Bytes bytes_;
  const uint64_t length_;
  bool touched_ = false;
};

}  // namespace verge::http

#endif  // HTTP_BYTES_SOURCE_H_
