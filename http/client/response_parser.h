// From bytes to checked response heads. llhttp does the grammar; what it lets through and RFC 9112 (or caution) does
// not is refused here. Bodies are not its business: see ChunkedDecoder.
#ifndef HTTP_CLIENT_RESPONSE_PARSER_H_
#define HTTP_CLIENT_RESPONSE_PARSER_H_

#include <llhttp.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "http/client/client.h"
#include "http/pool.h"

namespace verge::http {

class PooledResponse final : public ClientResponse {
 public:
  void set_body(Ref<BodySource> body) { body_ = std::move(body); }

 protected:
  void OnZeroReferences() override;

 private:
  friend class Pool<PooledResponse>;
  friend class ResponseParser;
  Ref<Pool<PooledResponse>> pool_;
};

// Parses one head after the other. Incremental: heads may come in any number of pieces.
class ResponseParser {
 public:
  enum class Status : uint8_t { kNeedMore, kComplete, kRefused };
  // How a response's body ends (RFC 9112, 6.3).
  enum class Framing : uint8_t { kNone, kLength, kChunked, kUntilClose };
  struct Result {
    Status status;
    size_t consumed;  // all of the input if more is needed
  };

  ResponseParser() = default;

  // Both must stay valid.
  void Init(size_t max_header_bytes, size_t max_header_fields, Pool<PooledResponse>* responses);

  // For the answer to a new request. Heads follow each other until one is final.
  void Begin(bool answers_head);

  // Parses on. After kComplete the next call starts the next head; after kRefused only Begin does.
  Result Feed(std::string_view data);

  // Valid after kRefused; static.
  [[nodiscard]] std::string_view refusal() const { return refusal_; }

  // Valid after kComplete, until the next Feed.
  [[nodiscard]] Ref<PooledResponse> TakeHead() { return std::move(head_); }
  [[nodiscard]] Framing framing() const { return framing_; }
  [[nodiscard]] uint64_t content_length() const { return content_length_; }
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }

 private:
  struct Callbacks;

  // A field's place in the head's storage: the value follows the name.
  struct FieldRange {
    uint32_t begin;
    uint32_t name_size;
    uint32_t value_size;
  };

  void StartHead();
  int OnStatus(std::string_view text);
  int OnFieldName(std::string_view text);
  int OnFieldValue(std::string_view text);
  int Refuse(std::string_view why);
  void Finish();
  [[nodiscard]] bool Count(size_t bytes);
  [[nodiscard]] std::string_view NameOf(const FieldRange& field) const;
  [[nodiscard]] std::string_view ValueOf(const FieldRange& field) const;

  size_t max_header_bytes_ = 0;
  size_t max_header_fields_ = 0;
  Pool<PooledResponse>* responses_ = nullptr;

  llhttp_t parser_;
  Ref<PooledResponse> head_;
  std::vector<FieldRange> fields_;
  std::string_view refusal_;
  const char* feed_begin_ = nullptr;
  uint64_t consumed_ = 0;   // bytes of this head in earlier Feeds
  uint64_t value_end_ = 0;  // where the current field's value ended so far
  size_t header_bytes_ = 0;
  uint32_t status_size_ = 0;
  bool parsing_ = false;
  bool field_open_ = false;
  bool past_status_ = false;
  bool answers_head_ = false;

  Framing framing_ = Framing::kNone;
  uint64_t content_length_ = 0;
  bool keep_alive_ = false;
};

}  // namespace verge::http

#endif  // HTTP_CLIENT_RESPONSE_PARSER_H_
