#include "http/request_parser.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "http/field_syntax.h"

namespace verge::http {

namespace {

// What a field takes besides its name and value: colon, space, CRLF.
constexpr size_t kFieldOverhead = 4;

// Bytes of a head that are in none of its parts: the request line's fixed parts and blanks around values.
constexpr size_t kHeadSlack = 1024;

// A head's memory beyond this is given back between requests.
constexpr size_t kKeptStorage = 16 * 1024;

constexpr std::string_view kForwardedFor = "X-Forwarded-For";
constexpr std::string_view kForwardedProto = "X-Forwarded-Proto";
constexpr size_t kForwardedFields = 6;

}  // namespace

void PooledRequestHead::OnZeroReferences() {
  method_ = target_ = authority_ = client_address_ = tls_version_ = tls_cipher_ = {};
  headers_.clear();
  content_length_.reset();
  version_ = 11;
  secure_ = false;
  has_body_ = false;
  if (storage_.capacity() > kKeptStorage) std::string().swap(storage_);
  storage_.clear();
  Pool<PooledRequestHead>::GiveBack(this);
}

struct RequestParser::Callbacks {
  template <int (RequestParser::*method)(std::string_view)>
  static int Span(llhttp_t* parser, const char* data, size_t size) {
    return (static_cast<RequestParser*>(parser->data)->*method)({data, size});
  }

  static llhttp_settings_t Make() {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_method = &Span<&RequestParser::OnMethod>;
    settings.on_url = &Span<&RequestParser::OnUrl>;
    settings.on_protocol = &Span<&RequestParser::OnProtocol>;
    settings.on_version = &Span<&RequestParser::OnVersion>;
    settings.on_header_field = &Span<&RequestParser::OnFieldName>;
    settings.on_header_value = &Span<&RequestParser::OnFieldValue>;
    settings.on_header_value_complete = [](llhttp_t* parser) {
      static_cast<RequestParser*>(parser->data)->field_open_ = false;
      return 0;
    };
    // "No body": llhttp is to stop right behind the head, whatever Upgrade or Content-Length say.
    settings.on_headers_complete = [](llhttp_t*) { return 1; };
    settings.on_message_complete = [](llhttp_t*) -> int { return HPE_PAUSED; };
    return settings;
  }

  static const llhttp_settings_t settings;
};

const llhttp_settings_t RequestParser::Callbacks::settings = Make();

struct RequestParser::Framing {
  std::optional<std::string_view> host;
  std::optional<std::string_view> transfer_encoding;
  std::optional<std::string_view> expect;
  std::optional<uint64_t> content_length;
  bool close = false;
  bool keep_alive = false;
};

// What there is to say of the client. Views point to what it sent; the places are in the head's storage.
struct RequestParser::Forwarded {
  std::string forwarded_for;  // what was sent as X-Forwarded-For, in one list
  std::string_view client;
  bool secure = false;
  size_t client_at = 0;
  size_t list_at = 0;
  size_t ray_at = 0;
  size_t end = 0;
};

void RequestParser::Init(const ServerLimits* limits, Pool<PooledRequestHead>* heads, std::string_view client_address,
                         bool secure, Forwarding* forwarding) {
  limits_ = limits;
  heads_ = heads;
  client_address_ = client_address;
  secure_ = secure;
  tls_version_ = tls_cipher_ = {};
  forwarding_ = forwarding;
  trusted_ = forwarding && forwarding->Trusts(client_address);
  Reset();
}

void RequestParser::Reset() {
  head_.reset();
  refusal_ = {};
  consumed_ = 0;
  leading_ = Leading::kNone;
  started_ = false;
  parsing_ = false;
}

void RequestParser::Begin() {
  llhttp_init(&parser_, HTTP_REQUEST, &Callbacks::settings);
  parser_.data = this;
  head_ = heads_->Take();
  head_->secure_ = secure_;
  fields_.clear();
  header_bytes_ = 0;
  method_size_ = 0;
  target_size_ = 0;
  protocol_size_ = 0;
  version_size_ = 0;
  field_open_ = false;
  keep_alive_ = false;
  chunked_ = false;
  expects_continue_ = false;
  parsing_ = true;
}

RequestParser::Result RequestParser::Feed(std::string_view data) {
  if (data.empty()) return {Status::kNeedMore, 0};
  started_ = true;
  size_t skipped = 0;
  if (!parsing_) {
    // One empty line before the request line is ignored (RFC 9112, 2.2); llhttp would take any mix of CR and LF.
    while (leading_ != Leading::kDone && skipped < data.size()) {
      const char c = data[skipped];
      if (leading_ == Leading::kNone && c == '\r') {
        leading_ = Leading::kCr;
      } else if (leading_ == Leading::kCr && c == '\n') {
        leading_ = Leading::kDone;
      } else if (leading_ == Leading::kNone && c != '\n') {
        leading_ = Leading::kDone;
        break;
      } else {
        Refuse(400, "a bare CR or LF before the request line");
        return {Status::kRefused, skipped};
      }
      ++skipped;
    }
    if (skipped == data.size()) return {Status::kNeedMore, skipped};
    if (data[skipped] == '\r' || data[skipped] == '\n') {
      Refuse(400, "no request line");
      return {Status::kRefused, skipped};
    }
    Begin();
  }

  const std::string_view text = data.substr(skipped);
  feed_begin_ = text.data();
  const llhttp_errno_t error = llhttp_execute(&parser_, text.data(), text.size());
  if (error == HPE_OK) {
    consumed_ += text.size();
    if (consumed_ > limits_->max_target_bytes + limits_->max_header_bytes + kHeadSlack) {
      Refuse(431, "the request's head is too long");
      return {Status::kRefused, data.size()};
    }
    return {Status::kNeedMore, data.size()};
  }
  const char* stopped_at = llhttp_get_error_pos(&parser_);
  const size_t consumed = stopped_at ? static_cast<size_t>(stopped_at - text.data()) : text.size();
  if (error != HPE_PAUSED) {
    RefuseFor(error, text.substr(std::min(consumed, text.size())));
    return {Status::kRefused, skipped + consumed};
  }
  Finish();
  if (refusal_) return {Status::kRefused, skipped + consumed};
  started_ = false;
  parsing_ = false;
  leading_ = Leading::kNone;
  consumed_ = 0;
  return {Status::kComplete, skipped + consumed};
}

int RequestParser::OnMethod(std::string_view text) {
  head_->storage_.append(text);
  method_size_ += static_cast<uint32_t>(text.size());
  element_end_ = OffsetOf(text.data()) + text.size();
  return 0;
}

int RequestParser::OnUrl(std::string_view text) {
  // Exactly one space (RFC 9112, 3): llhttp takes several.
  if (target_size_ == 0 && OffsetOf(text.data()) != element_end_ + 1) return Refuse(400, "invalid request line");
  if (text.size() > limits_->max_target_bytes - target_size_) return Refuse(414, "the request's target is too long");
  head_->storage_.append(text);
  target_size_ += static_cast<uint32_t>(text.size());
  element_end_ = OffsetOf(text.data()) + text.size();
  return 0;
}

int RequestParser::OnProtocol(std::string_view text) {
  if (protocol_size_ == 0 && !text.empty() && OffsetOf(text.data()) != element_end_ + 1) {
    return Refuse(400, "invalid request line");
  }
  if (text.size() > protocol_.size() - protocol_size_) return Refuse(400, "the protocol is not HTTP");
  std::ranges::copy(text, protocol_.begin() + protocol_size_);
  protocol_size_ += static_cast<uint8_t>(text.size());
  return 0;
}

int RequestParser::OnVersion(std::string_view text) {
  const size_t count = std::min(text.size(), version_.size() - version_size_);
  std::ranges::copy(text.substr(0, count), version_.begin() + version_size_);
  version_size_ += static_cast<uint8_t>(count);
  return 0;
}

bool RequestParser::CountHeaderBytes(size_t count) {
  header_bytes_ += count;
  return header_bytes_ <= limits_->max_header_bytes;
}

int RequestParser::OnFieldName(std::string_view text) {
  if (!field_open_) {
    if (fields_.size() == limits_->max_header_fields) return Refuse(431, "too many header fields");
    fields_.push_back({.begin = static_cast<uint32_t>(head_->storage_.size()), .name_size = 0, .value_size = 0});
    field_open_ = true;
    if (!CountHeaderBytes(kFieldOverhead)) return Refuse(431, "the header fields are too long");
  }
  if (!CountHeaderBytes(text.size())) return Refuse(431, "the header fields are too long");
  head_->storage_.append(text);
  fields_.back().name_size += static_cast<uint32_t>(text.size());
  return 0;
}

int RequestParser::OnFieldValue(std::string_view text) {
  if (!CountHeaderBytes(text.size())) return Refuse(431, "the header fields are too long");
  head_->storage_.append(text);
  fields_.back().value_size += static_cast<uint32_t>(text.size());
  return 0;
}

int RequestParser::Refuse(int status, std::string_view text) {
  refusal_ = {status, text};
  return HPE_USER;
}

bool RequestParser::AtBegin(std::string_view rest) const { return OffsetOf(rest.data()) == 0; }

// `rest` begins with the byte that llhttp did not like.
void RequestParser::RefuseFor(llhttp_errno_t error, std::string_view rest) {
  if (refusal_) return;
  switch (error) {
    case HPE_INVALID_METHOD:
      // Any token is a method (RFC 9110, 9.1), and 501 says that this one is not known. Only the first byte that leads
      // away from all known methods is looked at, so that the answer does not depend on how the bytes arrived.
      if (!rest.empty() && (IsTokenChar(rest.front()) || (rest.front() == ' ' && !AtBegin(rest)))) {
        Refuse(501, "unknown method");
      } else {
        Refuse(400, "invalid method");
      }
      break;
    case HPE_INVALID_URL:
      Refuse(400, "invalid request target");
      break;
    case HPE_PAUSED_H2_UPGRADE:
      Refuse(505, "HTTP/2 is not spoken here");
      break;
    case HPE_INVALID_VERSION: {
      const std::string_view version(version_.data(), version_size_);
      const bool valid = version.size() == 3 && IsDigit(version[0]) && version[1] == '.' && IsDigit(version[2]);
      if (valid && version != "1.1" && version != "1.0") {
        Refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
      } else {
        Refuse(400, "invalid request line");
      }
      break;
    }
    case HPE_INVALID_CONSTANT:
      // llhttp knows RTSP's methods, too.
      if (protocol_size_ == 4 && parser_.method >= HTTP_DESCRIBE && parser_.method <= HTTP_FLUSH) {
        Refuse(501, "unknown method");
      } else {
        Refuse(400, "invalid request line");
      }
      break;
    case HPE_UNEXPECTED_CONTENT_LENGTH:
      Refuse(400, "more than one Content-Length");
      break;
    case HPE_INVALID_CONTENT_LENGTH:
    case HPE_INVALID_TRANSFER_ENCODING: {
      const bool length = std::ranges::any_of(
          fields_, [&](const FieldRange& field) { return EqualsIgnoreCase(NameOf(field), "content-length"); });
      const bool encoding = std::ranges::any_of(
          fields_, [&](const FieldRange& field) { return EqualsIgnoreCase(NameOf(field), "transfer-encoding"); });
      if (length && encoding) {
        Refuse(400, "both Content-Length and Transfer-Encoding");
      } else {
        Refuse(400, length ? "invalid Content-Length" : "invalid Transfer-Encoding: chunked must come once, and last");
      }
      break;
    }
    case HPE_CR_EXPECTED:
    case HPE_LF_EXPECTED:
    case HPE_STRICT:
      Refuse(400, "a line must end with CR LF");
      break;
    default:
      Refuse(400, "invalid header field");
      break;
  }
}

std::string_view RequestParser::NameOf(const FieldRange& field) const {
  return std::string_view(head_->storage_).substr(field.begin, field.name_size);
}

std::string_view RequestParser::ValueOf(const FieldRange& field) const {
  return TrimBlanks(std::string_view(head_->storage_).substr(field.begin + field.name_size, field.value_size));
}

void RequestParser::Finish() {
  if (std::string_view(protocol_.data(), protocol_size_) != "HTTP") {
    Refuse(400, "the protocol is not HTTP");
    return;
  }
  if (parser_.http_major != 1 || parser_.http_minor > 1) {
    Refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    return;
  }
  RequestHead& head = *head_;
  head.version_ = 10 + parser_.http_minor;

  Framing framing;
  refusal_ = ReadFields(framing);
  if (refusal_) return;
  if (head.version_ == 11 && !framing.host) {
    Refuse(400, "no Host");
    return;
  }
  if (parser_.method == HTTP_CONNECT) {
    Refuse(501, "CONNECT is not supported");
    return;
  }
  if (framing.transfer_encoding) {
    if (framing.content_length) {
      Refuse(400, "both Content-Length and Transfer-Encoding");
      return;
    }
    if (head.version_ == 10) {
      Refuse(400, "Transfer-Encoding in HTTP/1.0");
      return;
    }
    refusal_ = CheckTransferEncoding(*framing.transfer_encoding);
    if (refusal_) return;
    chunked_ = true;
  }
  if (framing.expect && head.version_ == 11) {
    if (!EqualsIgnoreCase(*framing.expect, "100-continue")) {
      Refuse(417, "unknown expectation");
      return;
    }
    expects_continue_ = true;
  }
  if (framing.content_length && *framing.content_length > limits_->max_body_bytes) {
    Refuse(413, "the request's body is too large");
    return;
  }
  head.content_length_ = framing.content_length;
  head.has_body_ = chunked_ || framing.content_length.value_or(0) > 0;
  expects_continue_ = expects_continue_ && head.has_body_;
  keep_alive_ = !framing.close && (head.version_ == 11 || framing.keep_alive);
  refusal_ = ReadTarget(framing);
}

Refusal RequestParser::ReadFields(Framing& framing) {
  // The names' lengths tell most fields apart before a byte is compared.
  for (const FieldRange& field : fields_) {
    switch (field.name_size) {
      case 4:
        if (!EqualsIgnoreCase(NameOf(field), "host")) break;
        if (framing.host) return {400, "more than one Host"};
        framing.host = ValueOf(field);
        if (!IsAuthority(*framing.host)) return {400, "invalid Host"};
        break;
      case 6:
        if (!EqualsIgnoreCase(NameOf(field), "expect")) break;
        if (framing.expect) return {417, "unknown expectation"};
        framing.expect = ValueOf(field);
        break;
      case 10:
        if (EqualsIgnoreCase(NameOf(field), "connection")) {
          for (std::string_view list = ValueOf(field); !list.empty();) {
            const std::string_view option = NextListElement(list);
            framing.close |= EqualsIgnoreCase(option, "close");
            framing.keep_alive |= EqualsIgnoreCase(option, "keep-alive");
          }
        }
        break;
      case 14:
        if (!EqualsIgnoreCase(NameOf(field), "content-length")) break;
        if (framing.content_length) return {400, "more than one Content-Length"};
        framing.content_length = ParseContentLength(ValueOf(field));
        if (!framing.content_length) return {400, "invalid Content-Length"};
        break;
      case 17:
        if (!EqualsIgnoreCase(NameOf(field), "transfer-encoding")) break;
        if (framing.transfer_encoding) return {400, "more than one Transfer-Encoding"};
        framing.transfer_encoding = ValueOf(field);
        break;
      default:
        break;
    }
  }
  return {};
}

// Takes the client's own fields of these names out of the list.
void RequestParser::TakeForwarded(Forwarded* out) {
  out->client = client_address_;
  out->secure = secure_;
  if (!forwarding_) return;
  std::string_view scheme;
  std::erase_if(fields_, [&](const FieldRange& field) {
    const std::string_view name = NameOf(field);
    if (!Forwarding::Owns(name)) return false;
    if (EqualsIgnoreCase(name, kForwardedFor) && !ValueOf(field).empty()) {
      if (!out->forwarded_for.empty()) out->forwarded_for += ", ";
      out->forwarded_for += ValueOf(field);
    } else if (EqualsIgnoreCase(name, kForwardedProto)) {
      scheme = ValueOf(field);
    }
    return true;
  });
  if (!trusted_) return;
  out->client = forwarding_->ClientOf(out->forwarded_for, client_address_);
  if (!scheme.empty()) out->secure = EqualsIgnoreCase(scheme, "https");
}

void RequestParser::AddForwarded(const Forwarded& forwarded) {
  RequestHead& head = *head_;
  const std::string_view all = head.storage_;
  const std::string_view client = head.client_address_;
  auto& fields = head.headers_;
  fields.push_back({.name = "CF-Connecting-IP", .value = client});
  fields.push_back({.name = "CF-Ray", .value = all.substr(forwarded.ray_at, forwarded.end - forwarded.ray_at)});
  fields.push_back({.name = "CF-Visitor", .value = head.secure_ ? R"({"scheme":"https"})" : R"({"scheme":"http"})"});
  fields.push_back(
      {.name = kForwardedFor, .value = all.substr(forwarded.list_at, forwarded.ray_at - forwarded.list_at)});
  fields.push_back({.name = kForwardedProto, .value = head.scheme()});
  fields.push_back({.name = "X-Real-IP", .value = client});
}

// Also completes the head: its storage does not move any more, so the views can be set.
Refusal RequestParser::ReadTarget(const Framing& framing) {
  RequestHead& head = *head_;
  std::string& storage = head.storage_;
  const auto range_of = [&](std::string_view part) {
    return std::pair(part.empty() ? size_t{0} : static_cast<size_t>(part.data() - storage.data()), part.size());
  };

  const std::string_view method = std::string_view(storage).substr(0, method_size_);
  const std::string_view target = std::string_view(storage).substr(method_size_, target_size_);
  const std::optional<RequestTarget> split = SplitTarget(method, target);
  if (!split) return {400, "invalid request target"};
  auto path = range_of(split->path);
  const auto authority = range_of(split->authority.empty() ? framing.host.value_or("") : split->authority);

  if (split->path.empty() || split->path.front() == '?') {
    // RFC 9112, 3.2.1 and 3.2.4: an absolute form without a path means "/", or "*" for OPTIONS.
    const bool whole_server = method == "OPTIONS" && split->path.empty();
    const size_t begin = storage.size();
    storage.reserve(begin + 1 + path.second);
    storage.push_back(whole_server ? '*' : '/');
    storage.append(storage.data() + path.first, path.second);
    path = {begin, 1 + path.second};
  }
  Forwarded forwarded;
  TakeForwarded(&forwarded);
  forwarded.client_at = storage.size();
  storage.append(forwarded.client);
  if (forwarding_) {
    forwarded.list_at = storage.size();
    if (!forwarded.forwarded_for.empty()) storage.append(forwarded.forwarded_for).append(", ");
    storage.append(client_address_);
    forwarded.ray_at = storage.size();
    const auto ray = forwarding_->NextRay();
    storage.append(ray.data(), ray.size());
  }
  forwarded.end = storage.size();

  const std::string_view all = storage;
  head.method_ = all.substr(0, method_size_);
  head.target_ = all.substr(path.first, path.second);
  head.authority_ = all.substr(authority.first, authority.second);
  head.client_address_ = all.substr(forwarded.client_at, forwarded.client.size());
  head.secure_ = forwarded.secure;
  head.tls_version_ = tls_version_;
  head.tls_cipher_ = tls_cipher_;
  head.headers_.reserve(fields_.size() + (forwarding_ ? kForwardedFields : 0));
  for (const FieldRange& field : fields_) head.headers_.push_back({.name = NameOf(field), .value = ValueOf(field)});
  if (forwarding_) AddForwarded(forwarded);
  return {};
}

}  // namespace verge::http
