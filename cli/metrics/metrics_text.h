// What a process has counted, as the text of /metrics.
#ifndef CLI_METRICS_METRICS_TEXT_H_
#define CLI_METRICS_METRICS_TEXT_H_

#include <string>
#include <string_view>

#include "cache/service.h"
#include "runtime/meter.h"

namespace verge::cli {

// Sums over the shards. Any thread. `cache` may be null.
std::string MetricsText(const runtime::Metering& metering, const cache::Service* cache, std::string_view version);

}  // namespace verge::cli

#endif  // CLI_METRICS_METRICS_TEXT_H_
