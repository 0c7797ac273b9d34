#include "cli/dev/request_log.h"

#include <cstdio>
#include <format>
#include <string>

#include "config/problem.h"

namespace verge::cli {
namespace {

std::string Milliseconds(int64_t ns) { return std::format("{:.1f} ms", static_cast<double>(ns) / 1e6); }

std::string StatusText(int status) { return status == 0 ? "canceled" : std::to_string(status); }

}  // namespace

DevRequestLog::Tone DevRequestLog::ToneOf(int status) {
  if (status >= 500 || status == 0) return Tone::kBad;
  return status >= 400 ? Tone::kWarning : Tone::kGood;
}

void DevRequestLog::OnRequest(std::string_view method, std::string_view target, int status, int64_t cpu_ns,
                              int64_t wall_ns) {
  history_.OnEnd({.status = status, .cpu_ns = cpu_ns, .wall_ns = wall_ns});
  Print(method, target, ToneOf(status), StatusText(status), Milliseconds(cpu_ns) + " CPU, " + Milliseconds(wall_ns));
}

void DevRequestLog::OnOver(std::string_view kind, std::string_view what, bool ok, int64_t cpu_ns, int64_t wall_ns) {
  const char* outcome = ok ? "ok" : "failed";
  history_.OnEnd({.outcome = outcome, .cpu_ns = cpu_ns, .wall_ns = wall_ns});
  Print(kind, what, ok ? Tone::kGood : Tone::kBad, outcome, Milliseconds(cpu_ns) + " CPU, " + Milliseconds(wall_ns));
}

void DevRequestLog::OnAnswered(std::string_view method, std::string_view target, int status, int64_t wall_ns,
                               std::string_view by) {
  history_.OnAnswered(worker_, method, target, {.status = status, .by = std::string(by), .wall_ns = wall_ns});
  std::string note(by);
  if (wall_ns > 0) note += ", " + Milliseconds(wall_ns);
  Print(method, target, ToneOf(status), StatusText(status), note);
}

void DevRequestLog::Print(std::string_view method, std::string_view target, Tone tone, std::string_view result,
                          std::string_view note) const {
  static constexpr const char* kColors[] = {"\033[32m", "\033[33m", "\033[31m"};
  std::string line = named_ ? "[" + worker_ + "] " : "";
  // What a client sends must not move the cursor.
  line += config::Printable(method) + " " + config::Printable(target) + " ";
  if (color_) line += kColors[static_cast<size_t>(tone)];
  line += result;
  if (color_) line += "\033[0m";
  line.append(" (").append(note).append(")\n");
  std::fputs(line.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace verge::cli
