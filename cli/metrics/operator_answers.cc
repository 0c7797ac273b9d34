#include "cli/metrics/operator_answers.h"

#include <cstdint>
#include <format>

#include "cli/metrics/exposition.h"
#include "cli/metrics/metrics_text.h"

namespace verge::cli {

std::optional<OperatorAnswer> AnswerOperator(std::string_view path, const OperatorSubject& subject) {
  if (path == "/metrics") {
    return OperatorAnswer{.content_type = Exposition::kContentType,
                          .body = MetricsText(subject.metering, subject.cache, subject.version)};
  }
  if (path == "/readyz") {
    if (subject.ready) return OperatorAnswer{.body = "ready\n"};
    return OperatorAnswer{.status = 503, .body = "not taking requests\n"};
  }
  if (path != "/healthz") return std::nullopt;
  const auto now = static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
  for (size_t i = 0; i < subject.metering.shards(); ++i) {
    const uint64_t seen = subject.metering.shard(i).sampled_ms.value();
    if (seen != 0 && now > seen && now - seen > static_cast<uint64_t>(subject.patience.count())) {
      return OperatorAnswer{.status = 503, .body = std::format("shard {} has not moved for {} ms\n", i, now - seen)};
    }
  }
  return OperatorAnswer{.body = "ok\n"};
}

}  // namespace verge::cli
