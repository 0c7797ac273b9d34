#include "cli/dev/request_log.h"

#include <cstdio>
#include <string>

#include "config/problem.h"

namespace verge::cli {

void DevRequestLog::OnRequest(std::string_view method, std::string_view target, int status, int64_t cpu_ns,
                              int64_t wall_ns) {
  history_.OnEnd(status, cpu_ns, wall_ns);
  const char* color = "";
  if (color_) color = status >= 500 || status == 0 ? "\033[31m" : status >= 400 ? "\033[33m" : "\033[32m";
  // What a client sends must not move the cursor.
  std::string line = config::Printable(method) + " " + config::Printable(target) + " " + color +
                     (status == 0 ? "canceled" : std::to_string(status)) + (color_ ? "\033[0m" : "");
  char times[96];
  std::snprintf(times, sizeof times, " (%.1f ms CPU, %.1f ms)\n", static_cast<double>(cpu_ns) / 1e6,
                static_cast<double>(wall_ns) / 1e6);
  line += times;
  std::fputs(line.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace verge::cli
