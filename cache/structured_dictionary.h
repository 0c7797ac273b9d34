// Structured dictionaries (RFC 9651, 3.2), as far as targeted cache control needs them (RFC 9213): parsed completely
// and strictly, since a field that is not valid does not count; what is in inner lists and parameters is passed over.
#ifndef CACHE_STRUCTURED_DICTIONARY_H_
#define CACHE_STRUCTURED_DICTIONARY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace verge::cache {

struct DictionaryMember {
  enum class Type : uint8_t {
    kInteger,
    kDecimal,
    kString,
    kToken,
    kBytes,
    kBoolean,
    kDate,
    kDisplayString,
    kInnerList
  };
  std::string key;
  Type type = Type::kBoolean;
  int64_t integer = 0;  // of kInteger and kDate
  bool boolean = true;  // of kBoolean
  std::string text;     // of kString and kToken
};

// The members, the last of those with the same key (RFC 9651, 4.2.2). nullopt: `text` is not a dictionary.
std::optional<std::vector<DictionaryMember>> ParseStructuredDictionary(std::string_view text);

}  // namespace verge::cache

#endif  // CACHE_STRUCTURED_DICTIONARY_H_
