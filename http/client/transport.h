// A connected byte stream, plain or TLS, taken over from the client or the server after an upgrade.
#ifndef HTTP_CLIENT_TRANSPORT_H_
#define HTTP_CLIENT_TRANSPORT_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace verge::http {

class TransportObserver {
 public:
  // Bytes arrived; the view lives until the call returns. The transport may be destroyed from within.
  virtual void OnRead(std::span<const uint8_t> data) = 0;
  // What Write queued is in the kernel again.
  virtual void OnDrained() = 0;
  // The peer closed its side (`error` empty) or the connection broke. Nothing follows.
  virtual void OnClosed(std::string_view error) = 0;
  // The server that it comes from is being drained: time to say goodbye, before the server closes what is left.
  virtual void OnDraining() {}

 protected:
  ~TransportObserver() = default;
};

// On the loop's thread. Destroying it closes the connection at once.
class Transport {
 public:
  virtual ~Transport() = default;

  // Delivery starts with the first call: bytes that came with the head first, from the loop, never from within.
  virtual void Start(TransportObserver* observer) = 0;

  // Copies what the socket does not take at once. Returns the bytes that are queued now; the producer slows down by it.
  virtual size_t Write(std::span<const uint8_t> data) = 0;

  // Stops and resumes reading.
  virtual void Pause() = 0;
  virtual void Resume() = 0;

  // Sends what is queued, then closes the sending side.
  virtual void Shutdown() = 0;
};

}  // namespace verge::http

#endif  // HTTP_CLIENT_TRANSPORT_H_
