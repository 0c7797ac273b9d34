#include "http/client/response_parser.h"

#include <algorithm>
#include <utility>

#include "http/field_syntax.h"
#include "http/request_checks.h"

namespace verge::http {

namespace {

// What a field takes besides its name and value: colon, space, CRLF.
constexpr size_t kFieldOverhead = 4;

// Bytes of a head that are in none of its parts: the status line's fixed parts and blanks around values.
constexpr size_t kHeadSlack = 1024;

// A head's memory beyond this is given back between responses.
constexpr size_t kKeptStorage = 16 * 1024;

constexpr std::string_view kProtocol = "HTTP/1.";

// RFC 9112, 4: what a reason phrase may have in it.
bool IsReasonChar(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

constexpr std::string_view kTooLarge = "the response's head is too large";

}  // namespace

void PooledResponse::OnZeroReferences() {
  status_ = 0;
  status_text_ = {};
  headers_.clear();
  body_.reset();
  if (storage_.capacity() > kKeptStorage) std::string().swap(storage_);
  storage_.clear();
  Pool<PooledResponse>::GiveBack(this);
}

struct ResponseParser::Callbacks {
  template <int (ResponseParser::*method)(std::string_view)>
  static int Span(llhttp_t* parser, const char* data, size_t size) {
    return (static_cast<ResponseParser*>(parser->data)->*method)({data, size});
  }

  static llhttp_settings_t Make() {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_status = &Span<&ResponseParser::OnStatus>;
    settings.on_status_complete = [](llhttp_t* parser) {
      static_cast<ResponseParser*>(parser->data)->past_status_ = true;
      return 0;
    };
    settings.on_header_field = &Span<&ResponseParser::OnFieldName>;
    settings.on_header_value = &Span<&ResponseParser::OnFieldValue>;
    settings.on_header_value_complete = [](llhttp_t* parser) {
      static_cast<ResponseParser*>(parser->data)->field_open_ = false;
      return 0;
    };
    // "No body": llhttp is to stop right behind the head, whatever Upgrade or Content-Length say.
    settings.on_headers_complete = [](llhttp_t*) { return 1; };
    settings.on_message_complete = [](llhttp_t*) -> int { return HPE_PAUSED; };
    return settings;
  }

  static const llhttp_settings_t settings;
};

const llhttp_settings_t ResponseParser::Callbacks::settings = Make();

void ResponseParser::Init(size_t max_header_bytes, size_t max_header_fields, Pool<PooledResponse>* responses) {
  max_header_bytes_ = max_header_bytes;
  max_header_fields_ = max_header_fields;
  responses_ = responses;
}

void ResponseParser::Begin(bool answers_head) {
  answers_head_ = answers_head;
  parsing_ = false;
  refusal_ = {};
  head_.reset();
}

void ResponseParser::StartHead() {
  llhttp_init(&parser_, HTTP_RESPONSE, &Callbacks::settings);
  // Control characters other than NUL, CR and LF: the Fetch Standard and much of the web have them in field values
  // (RFC 9110, 5.5, leaves it to the recipient).
  llhttp_set_lenient_header_value_relaxed(&parser_, 1);
  parser_.data = this;
  head_ = responses_->Take();
  fields_.clear();
  consumed_ = 0;
  value_end_ = 0;
  header_bytes_ = 0;
  status_size_ = 0;
  field_open_ = false;
  past_status_ = false;
  parsing_ = true;
}

ResponseParser::Result ResponseParser::Feed(std::string_view data) {
  if (data.empty()) return {Status::kNeedMore, 0};
  if (!parsing_) StartHead();
  // llhttp would skip empty lines and speak RTSP.
  for (size_t i = consumed_; i < kProtocol.size() && i - consumed_ < data.size(); ++i) {
    if (data[i - consumed_] != kProtocol[i]) {
      Refuse("the answer is not HTTP/1.1");
      return {Status::kRefused, data.size()};
    }
  }
  feed_begin_ = data.data();
  // llhttp, told to take control characters, never comes back from a NUL: it only sees what is before.
  const size_t size = std::min(data.size(), data.find('\0'));
  const llhttp_errno_t error = llhttp_execute(&parser_, data.data(), size);
  if (error == HPE_OK && size < data.size()) {
    Refuse(past_status_ ? "invalid header field" : "invalid status line");
    return {Status::kRefused, data.size()};
  }
  if (error == HPE_OK) {
    consumed_ += data.size();
    if (consumed_ > max_header_bytes_ + kHeadSlack) {
      Refuse(kTooLarge);
      return {Status::kRefused, data.size()};
    }
    return {Status::kNeedMore, data.size()};
  }
  if (error != HPE_PAUSED) {
    if (refusal_.empty()) Refuse(past_status_ ? "invalid header field" : "invalid status line");
    return {Status::kRefused, data.size()};
  }
  const char* stopped_at = llhttp_get_error_pos(&parser_);
  const size_t consumed = stopped_at ? static_cast<size_t>(stopped_at - data.data()) : data.size();
  parsing_ = false;
  Finish();
  return {refusal_.empty() ? Status::kComplete : Status::kRefused, consumed};
}

bool ResponseParser::Count(size_t bytes) {
  header_bytes_ += bytes;
  return header_bytes_ <= max_header_bytes_;
}

int ResponseParser::OnStatus(std::string_view text) {
  if (!Count(text.size())) return Refuse(kTooLarge);
  head_->storage_.append(text);
  status_size_ += static_cast<uint32_t>(text.size());
  return 0;
}

int ResponseParser::OnFieldName(std::string_view text) {
  if (!field_open_) {
    if (fields_.size() == max_header_fields_) return Refuse("the response has too many header fields");
    fields_.push_back({.begin = static_cast<uint32_t>(head_->storage_.size()), .name_size = 0, .value_size = 0});
    field_open_ = true;
    if (!Count(kFieldOverhead)) return Refuse(kTooLarge);
  }
  if (!Count(text.size())) return Refuse(kTooLarge);
  head_->storage_.append(text);
  fields_.back().name_size += static_cast<uint32_t>(text.size());
  return 0;
}

int ResponseParser::OnFieldValue(std::string_view text) {
  if (text.empty()) return 0;
  const uint64_t begin = consumed_ + static_cast<uint64_t>(text.data() - feed_begin_);
  FieldRange& field = fields_.back();
  // A gap within a value is a line that continues the one before it (RFC 9112, 5.2).
  if (field.value_size != 0 && begin != value_end_) return Refuse("a header field goes over more than one line");
  value_end_ = begin + text.size();
  if (!Count(text.size())) return Refuse(kTooLarge);
  head_->storage_.append(text);
  field.value_size += static_cast<uint32_t>(text.size());
  return 0;
}

int ResponseParser::Refuse(std::string_view why) {
  refusal_ = why;
  return HPE_USER;
}

std::string_view ResponseParser::NameOf(const FieldRange& field) const {
  return std::string_view(head_->storage_).substr(field.begin, field.name_size);
}

std::string_view ResponseParser::ValueOf(const FieldRange& field) const {
  return TrimBlanks(std::string_view(head_->storage_).substr(field.begin + field.name_size, field.value_size));
}

void ResponseParser::Finish() {
  if (parser_.http_major != 1 || parser_.http_minor > 1) {
    Refuse("the answer is not HTTP/1.1");
    return;
  }
  const bool http_1_0 = parser_.http_minor == 0;
  const int status = parser_.status_code;
  const std::string_view reason = std::string_view(head_->storage_).substr(0, status_size_);
  if (status < 100 || status > 999 || !std::ranges::all_of(reason, IsReasonChar)) {
    Refuse("invalid status line");
    return;
  }

  std::optional<uint64_t> length;
  std::optional<std::string_view> encoding;
  bool close = false;
  bool keep_alive = false;
  for (const FieldRange& field : fields_) {
    switch (field.name_size) {
      case 10:
        if (EqualsIgnoreCase(NameOf(field), "connection")) {
          for (std::string_view list = ValueOf(field); !list.empty();) {
            const std::string_view option = NextListElement(list);
            close |= EqualsIgnoreCase(option, "close");
            keep_alive |= EqualsIgnoreCase(option, "keep-alive");
          }
        }
        break;
      case 14:
        if (!EqualsIgnoreCase(NameOf(field), "content-length")) break;
        if (length) {
          Refuse("more than one Content-Length");
          return;
        }
        length = ParseContentLength(ValueOf(field));
        if (!length) {
          Refuse("invalid Content-Length");
          return;
        }
        break;
      case 17:
        if (!EqualsIgnoreCase(NameOf(field), "transfer-encoding")) break;
        if (encoding) {
          Refuse("more than one Transfer-Encoding");
          return;
        }
        encoding = ValueOf(field);
        break;
      default:
        break;
    }
  }
  if (encoding) {
    if (length) {
      Refuse("both Content-Length and Transfer-Encoding");
      return;
    }
    if (http_1_0) {
      Refuse("Transfer-Encoding in HTTP/1.0");
      return;
    }
    if (!EqualsIgnoreCase(*encoding, "chunked")) {
      Refuse("unknown Transfer-Encoding: only chunked is understood");
      return;
    }
  }

  content_length_ = 0;
  if (status < 200 || status == 204 || status == 304 || answers_head_ || length == 0) {
    framing_ = Framing::kNone;
  } else if (encoding) {
    framing_ = Framing::kChunked;
  } else if (length) {
    framing_ = Framing::kLength;
    content_length_ = *length;
  } else {
    framing_ = Framing::kUntilClose;
  }
  keep_alive_ = framing_ != Framing::kUntilClose && !close && (!http_1_0 || keep_alive);

  PooledResponse& head = *head_;
  head.status_ = status;
  head.status_text_ = reason;
  head.headers_.reserve(fields_.size());
  for (const FieldRange& field : fields_) head.headers_.push_back({.name = NameOf(field), .value = ValueOf(field)});
}

}  // namespace verge::http
