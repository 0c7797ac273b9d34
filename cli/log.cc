#include "cli/log.h"

#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

namespace verge::cli {
namespace {

// One message is no longer than this; what a worker writes beyond it is cut.
constexpr size_t kMaxMessage = 256 * 1024;

struct LevelStyle {
  std::string_view name;
  std::string_view color;
};
constexpr std::array<LevelStyle, 5> kLevels = {{
    {"debug", "\033[2m"},
    {"info", ""},
    {"log", ""},
    {"warn", "\033[33m"},
    {"error", "\033[31m"},
}};

std::string Timestamp() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm utc{};
  gmtime_r(&now.tv_sec, &utc);
  char text[64];
  std::snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", utc.tm_year + 1900, utc.tm_mon + 1,
                utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, now.tv_nsec / 1'000'000);
  return text;
}

void AppendJson(std::string_view text, std::string* out) {
  for (char c : text) {
    switch (c) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\n':
        *out += "\\n";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          char escaped[8];
          std::snprintf(escaped, sizeof(escaped), "\\u%04x", c);
          *out += escaped;
        } else {
          *out += c;
        }
    }
  }
}

// A worker's text must not move the cursor or retitle the window of whoever reads the log. Colour sequences are let
// through on terminals, workers that colour their logs mean it, and left out elsewhere.
void AppendForTerminal(std::string_view text, bool color, std::string* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c == 0x1b && i + 1 < text.size() && text[i + 1] == '[') {
      size_t end = i + 2;
      while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || text[end] == ';')) ++end;
      if (end < text.size() && text[end] == 'm') {
        if (color) out->append(text.substr(i, end + 1 - i));
        i = end;
        continue;
      }
    }
    if (c == '\n' || c == '\t' || c >= 0x20) {
      if (c != 0x7f) *out += static_cast<char>(c);
    }
  }
}

}  // namespace

void Log::Write(runtime::LogLevel level, std::string_view worker, std::string_view text) {
  std::string note;
  if (text.size() > kMaxMessage) {
    text = text.substr(0, kMaxMessage);
    note = " … (cut)";
  }
  const LevelStyle& style = kLevels[static_cast<size_t>(level)];
  std::string line;
  line.reserve(text.size() + 64);
  if (style_ == LogStyle::kJson) {
    line += "{\"time\":\"" + Timestamp() + "\",\"level\":\"";
    line += style.name;
    line += "\",\"worker\":\"";
    AppendJson(worker, &line);
    line += "\",\"message\":\"";
    AppendJson(text, &line);
    AppendJson(note, &line);
    line += "\"}\n";
  } else {
    bool color = style_ == LogStyle::kColor;
    if (color) line += style.color;
    if (!worker.empty()) line.append("[").append(worker).append("] ");
    AppendForTerminal(text, color, &line);
    line += note;
    if (color) line += "\033[0m";
    line += '\n';
  }
  std::lock_guard lock(mutex_);
  for (size_t written = 0; written < line.size();) {
    ssize_t count = write(STDERR_FILENO, line.data() + written, line.size() - written);
    if (count <= 0) break;  // nobody reads the log: that stops no worker
    written += static_cast<size_t>(count);
  }
}

}  // namespace verge::cli
