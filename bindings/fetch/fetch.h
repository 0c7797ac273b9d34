// The global fetch() (https://fetch.spec.whatwg.org/#fetch-method).
#ifndef BINDINGS_FETCH_FETCH_H_
#define BINDINGS_FETCH_FETCH_H_

#include <v8.h>

#include "bindings/core/convert.h"
#include "bindings/core/function.h"
#include "bindings/core/object.h"
#include "http/ref_counted.h"

namespace verge::bindings {

class FetchOperation;
class FetchedBody;

// By which an AbortSignal reaches a request that is under way, or the body of its response. Not exposed to user code:
// the algorithm that fetch.js adds to the signal holds it.
class FetchHandle final : public Native {
 public:
  static const ClassSpec kSpec;
  ~FetchHandle() override;

  // The signal was aborted.
  void Abort(Cx& cx, v8::Local<v8::Value> reason);

  // --- For C++: what it reaches now, nothing at first and at last.
  void SetOperation(FetchOperation* operation) { operation_ = operation; }
  void SetBody(http::Ref<FetchedBody> body);

 private:
  FetchOperation* operation_ = nullptr;
  http::Ref<FetchedBody> body_;
};

inline constexpr Member kFetchHandleMembers[] = {
    Table<FetchHandle>::Method<"abort", &FetchHandle::Abort>(),
};
inline constexpr ClassSpec FetchHandle::kSpec = {
    .name = "FetchHandle", .members = kFetchHandleMembers, .exposed = false};

extern const GlobalFunction kFetchGlobals[1];

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_FETCH_H_
