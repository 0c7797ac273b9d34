// Reads a JSON Web Key from JSON (RFC 8259) that came out of unwrapKey. V8's parser would do, but this runs on the
// thread pool, and what it makes could be seen through Object.prototype.

#include <cstdint>

#include "bindings/crypto/primitives/jwk.h"

namespace verge::crypto {
namespace {

constexpr int kMaxDepth = 64;

class Reader {
 public:
  explicit Reader(std::string_view json) : at_(json.data()), end_(json.data() + json.size()) {}

  bool ReadJwk(Jwk* jwk) {
    SkipSpace();
    bool ok = ReadObject([this, jwk](const SecretText& name) { return ReadMember(name, jwk); });
    SkipSpace();
    return ok && at_ == end_;
  }

 private:
  void SkipSpace() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool Take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool TakeWord(std::string_view word) {
    if (!std::string_view(at_, static_cast<size_t>(end_ - at_)).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  template <typename Each>
  bool ReadObject(Each each) {
    if (!Take('{')) return false;
    SkipSpace();
    if (Take('}')) return true;
    do {
      SecretText name;
      SkipSpace();
      if (!ReadString(&name)) return false;
      SkipSpace();
      if (!Take(':')) return false;
      SkipSpace();
      if (!each(name)) return false;
      SkipSpace();
    } while (Take(','));
    return Take('}');
  }
  template <typename Each>
  bool ReadArray(Each each) {
    if (!Take('[')) return false;
    SkipSpace();
    if (Take(']')) return true;
    do {
      SkipSpace();
      if (!each()) return false;
      SkipSpace();
    } while (Take(','));
    return Take(']');
  }

  bool ReadMember(const SecretText& name, Jwk* jwk) {
    // Of members with the same name the last one counts.
    if (name == "ext") {
      if (TakeWord("true")) return (jwk->ext = true, true);
      if (TakeWord("false")) return (jwk->ext = false, true);
      return false;
    }
    if (name == "key_ops") {
      jwk->key_ops.emplace();
      return ReadArray([this, jwk] {
        SecretText op;
        if (!ReadString(&op)) return false;
        jwk->key_ops->emplace_back(op);
        return true;
      });
    }
    if (name == "oth") jwk->has_oth = true;
    for (const JwkMember& member : kJwkMembers) {
      if (name == SecretText(member.name)) return ReadString(&(jwk->*member.value).emplace());
    }
    return SkipValue(0);
  }

  bool SkipValue(int depth) {
    if (depth > kMaxDepth || at_ == end_) return false;
    SecretText ignored;
    switch (*at_) {
      case '"':
        return ReadString(&ignored);
      case '{':
        return ReadObject([this, depth](const SecretText&) { return SkipValue(depth + 1); });
      case '[':
        return ReadArray([this, depth] { return SkipValue(depth + 1); });
      case 't':
        return TakeWord("true");
      case 'f':
        return TakeWord("false");
      case 'n':
        return TakeWord("null");
      default:
        return SkipNumber();
    }
  }
  bool SkipDigits() {
    const char* start = at_;
    while (at_ < end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ > start;
  }
  bool SkipNumber() {
    Take('-');
    if (!Take('0') && !SkipDigits()) return false;
    if (Take('.') && !SkipDigits()) return false;
    if (Take('e') || Take('E')) {
      if (!Take('+')) Take('-');
      return SkipDigits();
    }
    return true;
  }

  bool ReadHex4(uint32_t* out) {
    *out = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_ == end_) return false;
      char c = *at_;
      uint32_t digit = 0;
      if (c >= '0' && c <= '9') {
        digit = static_cast<uint32_t>(c - '0');
      } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
        digit = static_cast<uint32_t>((c | 0x20) - 'a' + 10);
      } else {
        return false;
      }
      *out = *out << 4 | digit;
    }
    return true;
  }
  bool ReadString(SecretText* out) {
    if (!Take('"')) return false;
    while (at_ < end_) {
      char c = *at_++;
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') {
        out->push_back(c);
        continue;
      }
      if (at_ == end_) return false;
      switch (char escaped = *at_++) {
        case '"':
        case '\\':
        case '/':
          out->push_back(escaped);
          break;
        case 'b':
          out->push_back('\b');
          break;
        case 'f':
          out->push_back('\f');
          break;
        case 'n':
          out->push_back('\n');
          break;
        case 'r':
          out->push_back('\r');
          break;
        case 't':
          out->push_back('\t');
          break;
        case 'u': {
          uint32_t unit = 0;
          if (!ReadHex4(&unit)) return false;
          // No name or base64url text has others: those are as wrong as any.
          out->push_back(unit < 0x80 ? static_cast<char>(unit) : '?');
          break;
        }
        default:
          return false;
      }
    }
    return false;
  }

  const char* at_;
  const char* const end_;
};

}  // namespace

Outcome<Jwk> JwkFromJson(std::string_view json) {
  if (json.starts_with("\xef\xbb\xbf")) json.remove_prefix(3);  // "UTF-8 decode"
  Jwk jwk;
  if (!Reader(json).ReadJwk(&jwk)) return DataError("The unwrapped key is not a JSON Web Key.");
  return jwk;
}

}  // namespace verge::crypto
