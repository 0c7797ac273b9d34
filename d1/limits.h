// What one query, one batch and one database may use.
#ifndef D1_LIMITS_H_
#define D1_LIMITS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace verge::d1 {

struct Limits {
  // --- Enforced by SQLite, with its own error texts.
  int sql_bytes = 100'000;      // of one statement's text
  int value_bytes = 2'000'000;  // of a string, a blob or a row
  int columns = 100;            // of a table, an index, a result
  int parameters = 100;         // bound
  int function_arguments = 32;
  int pattern_bytes = 50;  // of LIKE and GLOB
  int expression_depth = 100;
  int compound_selects = 500;  // of a UNION
  int trigger_depth = 10;
  int program_ops = 25'000;  // of a compiled statement

  // --- Ours.
  std::chrono::milliseconds query_time{30'000};  // of a query, or of a whole batch
  size_t result_bytes = 32 << 20;                // of the rows of a query, or of a whole batch, in RowBuffer's encoding
  size_t batch_bytes = 32 << 20;                 // of the texts and parameters that come in
};

}  // namespace verge::d1

#endif  // D1_LIMITS_H_
