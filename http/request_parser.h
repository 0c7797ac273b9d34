// From bytes to checked request heads. llhttp does the grammar; what it lets through and RFC 9112 (or caution) does
// not is refused here. Bodies are not its business: see ChunkedDecoder.
#ifndef HTTP_REQUEST_PARSER_H_
#define HTTP_REQUEST_PARSER_H_

#include <llhttp.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "http/forwarding.h"
#include "http/message.h"
#include "http/pool.h"
#include "http/request_checks.h"
#include "http/server.h"

namespace verge::http {

class PooledRequestHead final : public RequestHead {
 protected:
  void OnZeroReferences() override;

 private:
  friend class Pool<PooledRequestHead>;
  Ref<Pool<PooledRequestHead>> pool_;
};

// Parses one head after the other. Incremental: heads may come in any number of pieces.
class RequestParser {
 public:
  enum class Status : uint8_t { kNeedMore, kComplete, kRefused };
  struct Result {
    Status status;
    size_t consumed;  // all of the input if more is needed
  };

  RequestParser() = default;

  // Makes it ready for a connection's first request. All that is passed must stay valid.
  void Init(const ServerLimits* limits, Pool<PooledRequestHead>* heads, std::string_view client_address,
            bool secure = false, Forwarding* forwarding = nullptr);

  // What the heads of the connection say of its TLS. Of static storage.
  void SetTls(std::string_view version, std::string_view cipher) {
    tls_version_ = version;
    tls_cipher_ = cipher;
  }

  // Parses on. After kComplete the next call starts the next head; after kRefused only Init does.
  Result Feed(std::string_view data);

  // Whether a head has begun and is not complete.
  [[nodiscard]] bool started() const { return started_; }

  // Valid after kRefused.
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }

  // Valid after kComplete, until the next Feed.
  [[nodiscard]] Ref<RequestHead> TakeHead() { return std::move(head_); }
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }
  [[nodiscard]] bool chunked() const { return chunked_; }
  [[nodiscard]] bool expects_continue() const { return expects_continue_; }

  // Forgets a head that is half there.
  void Reset();

 private:
  struct Callbacks;

  // A field's place in the head's storage: the value follows the name.
  struct FieldRange {
    uint32_t begin;
    uint32_t name_size;
    uint32_t value_size;
  };

  // What Finish gathers from the fields.
  struct Framing;

  void Begin();
  int OnMethod(std::string_view text);
  int OnUrl(std::string_view text);
  int OnProtocol(std::string_view text);
  int OnVersion(std::string_view text);
  int OnFieldName(std::string_view text);
  int OnFieldValue(std::string_view text);

  int Refuse(int status, std::string_view text);
  void RefuseFor(llhttp_errno_t error, std::string_view rest);
  void Finish();
  Refusal ReadFields(Framing& framing);
  Refusal ReadTarget(const Framing& framing);

  // Fields that the client has no say in; see forwarding.h.
  struct Forwarded;
  void TakeForwarded(Forwarded* out);
  void AddForwarded(const Forwarded& forwarded);

  // Position in the request's bytes: pieces of one element are adjacent even when they come in two Feeds.
  [[nodiscard]] uint64_t OffsetOf(const char* p) const { return consumed_ + static_cast<uint64_t>(p - feed_begin_); }
  [[nodiscard]] bool AtBegin(std::string_view rest) const;
  [[nodiscard]] bool CountHeaderBytes(size_t count);
  [[nodiscard]] std::string_view NameOf(const FieldRange& field) const;
  [[nodiscard]] std::string_view ValueOf(const FieldRange& field) const;

  const ServerLimits* limits_ = nullptr;
  Pool<PooledRequestHead>* heads_ = nullptr;
  std::string_view client_address_;
  std::string_view tls_version_;
  std::string_view tls_cipher_;
  Forwarding* forwarding_ = nullptr;
  bool secure_ = false;   // the connection is
  bool trusted_ = false;  // its other end is a proxy that is believed

  llhttp_t parser_;
  Ref<PooledRequestHead> head_;
  std::vector<FieldRange> fields_;
  Refusal refusal_;

  const char* feed_begin_ = nullptr;
  uint64_t consumed_ = 0;     // bytes of this head in earlier Feeds
  uint64_t element_end_ = 0;  // where the request line's last element ended
  size_t header_bytes_ = 0;
  uint32_t method_size_ = 0;
  uint32_t target_size_ = 0;
  std::array<char, 4> protocol_{};
  std::array<char, 4> version_{};
  uint8_t protocol_size_ = 0;
  uint8_t version_size_ = 0;
  enum class Leading : uint8_t { kNone, kCr, kDone } leading_ = Leading::kNone;
  bool started_ = false;
  bool parsing_ = false;  // past leading empty lines
  bool field_open_ = false;
  bool keep_alive_ = false;
  bool chunked_ = false;
  bool expects_continue_ = false;
};

}  // namespace verge::http

#endif  // HTTP_REQUEST_PARSER_H_
