// Every file of a project is UTF-8; the readers check that first and think in code points afterwards.
#ifndef CONFIG_UTF8_H_
#define CONFIG_UTF8_H_

#include <simdutf.h>

#include <optional>
#include <string>
#include <string_view>

#include "config/problem.h"

namespace verge::config {

// What is wrong with `text`, if it is not UTF-8.
inline std::optional<Problem> CheckUtf8(std::string_view text, const std::string& file) {
  const simdutf::result result = simdutf::validate_utf8_with_errors(text.data(), text.size());
  if (result.error == simdutf::error_code::SUCCESS) return std::nullopt;
  const Position at = PositionCounter(text).At(result.count);
  return Problem{file, at.line, at.column, "this is not UTF-8"};
}

}  // namespace verge::config

#endif  // CONFIG_UTF8_H_
