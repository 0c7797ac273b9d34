// The Performance interface: its clock (https://w3c.github.io/hr-time/#sec-performance).
#ifndef BINDINGS_WEB_PERFORMANCE_H_
#define BINDINGS_WEB_PERFORMANCE_H_

#include <v8.h>

#include "bindings/core/class_spec.h"
#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/core/object.h"

namespace verge::bindings {

// The time origin is the moment when the worker first asks for `performance`. The clock is that of Date.now(): where
// that stands still while code runs, this does, too.
class Performance final : public Native {
 public:
  static const ClassSpec kSpec;

  explicit Performance(double time_origin) : time_origin_(time_origin) {}

 private:
  struct Members;

  double Now();
  [[nodiscard]] double TimeOrigin() const { return time_origin_; }
  Result<v8::Local<v8::Object>> ToJson(Cx& cx) const;

  const double time_origin_;  // milliseconds since the epoch
  double last_ = 0;
};

// Makes the global `performance`.
void GetPerformance(v8::Local<v8::Name> name, const v8::PropertyCallbackInfo<v8::Value>& info);

}  // namespace verge::bindings

#endif  // BINDINGS_WEB_PERFORMANCE_H_
