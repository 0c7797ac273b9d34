// Tables for people, as the commands that look into stores print them.
#ifndef CLI_TABLE_H_
#define CLI_TABLE_H_

#include <span>
#include <string>
#include <vector>

namespace verge::cli {

// A frame of lines around a head and rows, each with as many cells as there are columns. Ends with a newline. What is
// not printable is shown as an escape, and what is very long is cut.
std::string FormatTable(std::span<const std::string> columns, std::span<const std::vector<std::string>> rows);

}  // namespace verge::cli

#endif  // CLI_TABLE_H_
