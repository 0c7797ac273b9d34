// The heads of HTTP messages: request line or status line, and header fields.
#ifndef HTTP_MESSAGE_H_
#define HTTP_MESSAGE_H_

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/field_syntax.h"
#include "http/ref_counted.h"

namespace verge::http {

struct HeaderField {
  std::string_view name;  // as it was sent, any case
  std::string_view value;
};

// The fields of a parsed message. Views live as long as the object does.
class MessageHead : public RefCounted {
 public:
  // In the order received.
  [[nodiscard]] std::span<const HeaderField> headers() const { return headers_; }

  // The first field of that name (ASCII case-insensitive), if any.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;

 protected:
  std::vector<HeaderField> headers_;
};

// A parsed and checked request head (RFC 9112). All views point into memory that this object owns; they live as long
// as it does, also after the connection is gone.
class RequestHead : public MessageHead {
 public:
  [[nodiscard]] std::string_view method() const { return method_; }

  // Origin-form: the path and query, starting with '/' (or '*' for OPTIONS). Of an absolute-form target only the part
  // after the authority.
  [[nodiscard]] std::string_view target() const { return target_; }

  // Host and port as the client named them: the absolute-form's authority, else the Host field.
  [[nodiscard]] std::string_view authority() const { return authority_; }

  [[nodiscard]] bool secure() const { return secure_; }
  [[nodiscard]] std::string_view scheme() const { return secure_ ? "https" : "http"; }

  // Of the client's connection, in OpenSSL's words: "TLSv1.3" and "TLS_AES_256_GCM_SHA384". Empty without TLS.
  [[nodiscard]] std::string_view tls_version() const { return tls_version_; }
  [[nodiscard]] std::string_view tls_cipher() const { return tls_cipher_; }

  // 10 for HTTP/1.0, 11 for HTTP/1.1.
  [[nodiscard]] int version() const { return version_; }

  [[nodiscard]] bool has_body() const { return has_body_; }
  [[nodiscard]] std::optional<uint64_t> content_length() const { return content_length_; }

  // The client's address without the port: "127.0.0.1", "::1". Empty for a connection without one (a Unix socket). Of a
  // client that came through a trusted proxy it is what that says (forwarding.h).
  [[nodiscard]] std::string_view client_address() const { return client_address_; }

 protected:
  friend class RequestParser;
  std::string_view method_;
  std::string_view target_;
  std::string_view authority_;
  std::string_view client_address_;
  std::string_view tls_version_;  // these two are of static storage
  std::string_view tls_cipher_;
  std::optional<uint64_t> content_length_;
  int version_ = 11;
  bool secure_ = false;
  bool has_body_ = false;
  std::string storage_;  // what the views point into
};

// A response head to be written at once: the views need to live only until the call that takes it returns.
// Connection, Date, Transfer-Encoding and Content-Length belong to the server; fields of these names are left out
// (Content-Length is taken over for a body of unknown length, see Exchange::Respond; Date when given is kept).
struct ResponseHead {
  int status = 200;
  std::string_view status_text;  // empty: the standard phrase
  std::span<const HeaderField> headers;
};

// RFC 9110, 5.6.2: one or more token characters.
bool IsToken(std::string_view text);

// RFC 9110, 5.5: no NUL, CR or LF, no leading or trailing white space. Bytes above 0x7f are allowed.
bool IsFieldValue(std::string_view text);

// ASCII case-insensitive. Eight characters at a time: lists of fields are searched by name for every request.
inline bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  constexpr uint64_t kCaseBits = 0x2020202020202020;
  size_t i = 0;
  for (; i + 8 <= a.size(); i += 8) {
    uint64_t left;
    uint64_t right;
    std::memcpy(&left, a.data() + i, 8);
    std::memcpy(&right, b.data() + i, 8);
    const uint64_t difference = left ^ right;
    if (difference == 0) continue;
    if (difference & ~kCaseBits) return false;
    for (size_t j = i; j < i + 8; ++j) {
      if (ToLower(a[j]) != ToLower(b[j])) return false;
    }
  }
  for (; i < a.size(); ++i) {
    if (a[i] != b[i] && ToLower(a[i]) != ToLower(b[i])) return false;
  }
  return true;
}

// The standard phrase of a status code, or "".
std::string_view ReasonPhrase(int status);

}  // namespace verge::http

#endif  // HTTP_MESSAGE_H_
