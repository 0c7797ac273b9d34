// The URL interface (https://url.spec.whatwg.org/#url-class), parsed by ada.
#ifndef BINDINGS_URL_URL_H_
#define BINDINGS_URL_URL_H_

#include <v8.h>

#include <optional>
#include <string_view>

#include "bindings/core/class_spec.h"
#include "bindings/core/convert.h"
#include "bindings/core/error.h"

namespace verge::bindings {

// There is no C++ object behind a URL: its slots hold the serialization and the offsets of the parts, getters slice,
// setters parse the serialization again, which gives the same URL record. Most URLs are made to look at one part, and
// die young.
class Url {
 public:
  static const ClassSpec kSpec;

  // Puts the serialized list of `url`'s searchParams into its query ("update steps"). The slots of `url` are what this
  // class made of them.
  static Result<> UpdateQuery(Cx& cx, v8::Local<v8::Object> url);

 private:
  struct Members;
};

}  // namespace verge::bindings

#endif  // BINDINGS_URL_URL_H_
