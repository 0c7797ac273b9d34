// What the operator's server answers: /metrics, /readyz, /healthz.
#ifndef CLI_METRICS_OPERATOR_ANSWERS_H_
#define CLI_METRICS_OPERATOR_ANSWERS_H_

#include <atomic>
#include <chrono>
#include <optional>
#include <string_view>

#include "cache/service.h"
#include "cli/metrics/operator_server.h"
#include "runtime/meter.h"

namespace verge::cli {

struct OperatorSubject {
  const runtime::Metering& metering;
  const cache::Service* cache;  // may be null
  std::string_view version;     // of the program
  // A shard that runs JavaScript may be silent for as long as that is allowed.
  std::chrono::milliseconds patience;
  const std::atomic<bool>& ready;
};

// Nothing: the path is not one of these. Any thread.
std::optional<OperatorAnswer> AnswerOperator(std::string_view path, const OperatorSubject& subject);

}  // namespace verge::cli

#endif  // CLI_METRICS_OPERATOR_ANSWERS_H_
