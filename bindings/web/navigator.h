// The Navigator interface, as far as a server has an answer (https://html.spec.whatwg.org/#the-navigator-object).
#ifndef BINDINGS_WEB_NAVIGATOR_H_
#define BINDINGS_WEB_NAVIGATOR_H_

#include <v8.h>

#include "bindings/core/class_spec.h"

namespace verge::bindings {

class Navigator {
 public:
  static const ClassSpec kSpec;

 private:
  struct Members;
};

// Makes the global `navigator`.
void GetNavigator(v8::Local<v8::Name> name, const v8::PropertyCallbackInfo<v8::Value>& info);

}  // namespace verge::bindings

#endif  // BINDINGS_WEB_NAVIGATOR_H_
