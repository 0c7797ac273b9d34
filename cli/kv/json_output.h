// JSON in and out of `verge kv`.
#ifndef CLI_KV_JSON_OUTPUT_H_
#define CLI_KV_JSON_OUTPUT_H_

#include <expected>
#include <string>
#include <string_view>

#include "config/problem.h"
#include "config/value.h"

namespace verge::cli {

// A JSON text whose outermost value may be anything. `name` is how problems call it.
std::expected<config::Value, config::Problem> ParseJsonText(std::string_view text, const std::string& name);

// With line breaks and two spaces for each level, as JSON.stringify(value, null, 2) writes it.
void AppendPretty(const config::Value& value, size_t indent, std::string* out);

}  // namespace verge::cli

#endif  // CLI_KV_JSON_OUTPUT_H_
