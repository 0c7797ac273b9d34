// Takes away from a process what it does not need, so that whoever breaks out of an isolate has not got far.
//
// For servers that have opened their sockets and read their configuration, while they have one thread still: threads
// that are started afterwards are confined likewise.
#ifndef CONFINE_CONFINE_H_
#define CONFINE_CONFINE_H_

#include <expected>
#include <string>
#include <vector>

#include "confine/filter.h"

namespace verge::confine {

struct Policy {
  // Files and folders, with all that is below them. What does not exist is left out.
  std::vector<std::string> read;
  std::vector<std::string> write;    // and read
  std::vector<std::string> execute;  // and read
  FilterRules calls;
};

// What could not be taken away, a line for each reason; empty: everything is in force.
using Missing = std::vector<std::string>;

// For good. An error: it broke off half-way, and the process should not go on.
std::expected<Missing, std::string> Confine(const Policy& policy);

// What of the system a program needs to read that resolves names, verifies certificates and knows time zones, and the
// folders of the libraries that it runs with.
std::vector<std::string> SystemFiles();

}  // namespace verge::confine

#endif  // CONFINE_CONFINE_H_
