// application/x-www-form-urlencoded (https://url.spec.whatwg.org/#application/x-www-form-urlencoded). No V8.
#ifndef BINDINGS_URL_FORM_URLENCODED_H_
#define BINDINGS_URL_FORM_URLENCODED_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace verge::bindings {

// Names and values in order, all of them valid UTF-8.
using FormList = std::vector<std::pair<std::string, std::string>>;

// The parser. Bytes that are not UTF-8 become U+FFFD.
FormList ParseFormUrlencoded(std::string_view input);

// The serializer, with UTF-8 as the encoding.
std::string SerializeFormUrlencoded(const FormList& list);

// Sorts by the names' UTF-16 code units; equal names keep their order.
void SortByCodeUnits(FormList* list);

}  // namespace verge::bindings

#endif  // BINDINGS_URL_FORM_URLENCODED_H_
