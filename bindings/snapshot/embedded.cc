#include "runtime/snapshot.h"

extern "C" {
extern const char verge_snapshot_begin[];
extern const char verge_snapshot_end[];
}

namespace verge::runtime {

const v8::StartupData* EmbeddedSnapshot() {
  static const v8::StartupData data = {verge_snapshot_begin,
                                       static_cast<int>(verge_snapshot_end - verge_snapshot_begin)};
  return &data;
}

}  // namespace verge::runtime
