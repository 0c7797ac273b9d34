// A database as SQL text that makes it again.
#ifndef D1_DUMP_H_
#define D1_DUMP_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sqlite/database.h"
#include "sqlite/error.h"

namespace verge::d1 {

struct DumpOptions {
  bool schema = true;
  bool data = true;
  std::vector<std::string> tables = {};  // empty: all
};

// Writes piece by piece; false ends it (the error is then kSystem, "cannot write").
using DumpSink = std::function<bool(std::string_view)>;

// One view of the database, so that it is of one moment. The connection must be without the limits of Connection, or
// the longest rows would not fit.
sqlite::Result<> Dump(sqlite::Database& database, const DumpOptions& options, const DumpSink& sink);

}  // namespace verge::d1

#endif  // D1_DUMP_H_
