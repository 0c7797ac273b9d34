#include "bindings/web/performance.h"

#include <algorithm>

#include "bindings/core/realm.h"
#include "runtime/platform.h"

namespace verge::bindings {
namespace {

class Clock final : public RealmPart {
 public:
  double last = 0;
};

}  // namespace

// The wall clock may be set back; this one may not.
double Now(Cx& cx) {
  double& last = cx.realm().part<Clock>(Realm::Part::kClock).last;
  return last = std::max(last, runtime::ThreadClock::WallMs() - cx.realm().time_origin());
}

double TimeOrigin(Cx& cx) { return cx.realm().time_origin(); }

}  // namespace verge::bindings
