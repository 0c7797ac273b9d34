// Secondary keys: RFC 9111, 4.1 and RFC 9110, 12.5.5. Pure functions.
#ifndef CACHE_VARY_H_
#define CACHE_VARY_H_

#include <string>
#include <string_view>
#include <vector>

#include "cache/fields.h"

namespace verge::cache {

// What a response was selected by: the fields that its Vary names, with the request's values of them.
struct VaryKey {
  struct Field {
    std::string name;   // lower case
    std::string value;  // normalised
    std::string raw;    // as it was sent, if it was one field: spares most comparisons the work
    bool present = false;
    friend bool operator==(const Field& a, const Field& b) {
      return a.name == b.name && a.present == b.present && a.value == b.value;
    }
  };
  std::vector<Field> fields;  // sorted by name, no name twice
  bool any = false;           // Vary: *: fits no request
  std::string language;       // Content-Language (lower case), when Accept-Language selects and it is a single one

  // A request that likes that language best gets it, whatever else its Accept-Language says.

  // Whether the response that has this key may answer a request with these fields.
  [[nodiscard]] bool Matches(Fields request) const;

  friend bool operator==(const VaryKey&, const VaryKey&) = default;
};

VaryKey MakeVaryKey(Fields request, Fields response);

// How a field's values are compared: joined, blanks around commas dropped; for Accept-Encoding, Accept-Language and
// Accept, whose grammar is known, also in lower case (and for Accept-Encoding sorted: order means nothing there).
std::string NormaliseFieldValue(std::string_view name, std::string_view joined);

}  // namespace verge::cache

#endif  // CACHE_VARY_H_
