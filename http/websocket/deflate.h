// Compression of messages: the permessage-deflate extension (RFC 7692) on zlib.
//
// Memory is bounded by what is negotiated, and comes into being with the first compressed message only: a connection
// that is quiet, or whose messages are small, has none.
#ifndef HTTP_WEBSOCKET_DEFLATE_H_
#define HTTP_WEBSOCKET_DEFLATE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace verge::http {

// What both ends agreed on. "Window bits": 9 to 15.
struct DeflateParameters {
  int client_max_window_bits = 15;
  int server_max_window_bits = 15;
  bool client_no_context_takeover = false;  // each message is compressed for itself
  bool server_no_context_takeover = false;
};

// Compresses this end's messages.
class MessageDeflater {
 public:
  MessageDeflater(int window_bits, bool context_takeover);
  ~MessageDeflater();
  MessageDeflater(const MessageDeflater&) = delete;
  MessageDeflater& operator=(const MessageDeflater&) = delete;

  // Appends to `out` what `input`, the next piece of the current message, compresses to so far (which may be nothing,
  // unless it is the last piece). False: no memory.
  bool Compress(std::span<const uint8_t> input, bool last, std::string& out);

 private:
  struct Stream;
  const int window_bits_;
  const bool context_takeover_;
  std::unique_ptr<Stream> stream_;
};

// Expands the peer's messages.
class MessageInflater {
 public:
  MessageInflater(int window_bits, bool context_takeover);
  ~MessageInflater();
  MessageInflater(const MessageInflater&) = delete;
  MessageInflater& operator=(const MessageInflater&) = delete;

  enum class Result : uint8_t { kOk, kInvalid, kTooBig };

  // Appends to `out` what the next piece of the current message expands to; stops when `out` would have more than
  // `max_size` bytes. A byte expands to about a thousand at most, so the caller bounds the time that one call takes.
  Result Expand(std::span<const uint8_t> input, std::string& out, size_t max_size);

  // The message's last piece was given.
  Result Finish(std::string& out, size_t max_size);

 private:
  struct Stream;
  const int window_bits_;
  const bool context_takeover_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace verge::http

#endif  // HTTP_WEBSOCKET_DEFLATE_H_
