// What SQL of a worker may do: the rules that SQLite asks for when it compiles a statement.
//
// SQLite names every table, column, function, pragma and kind of action that a statement would use, also within views,
// triggers and common table expressions, so that nothing depends on how the text is written. What is not on a list is
// refused: a new version of SQLite brings nothing along by itself.
#ifndef D1_AUTHORIZER_H_
#define D1_AUTHORIZER_H_

#include <cstdint>

namespace verge::d1 {

// What a statement was found to do besides reading and writing tables.
enum Effect : uint8_t {
  // Changes a setting of the connection, or makes no sense but on the writer's.
  kSetsFlag = 1 << 0,
  // A single instruction of its program can take long, or its rows come from a module: never run in place.
  kHeavy = 1 << 1,
};

// The arguments of SQLite's authorizer callback (https://www.sqlite.org/c3ref/set_authorizer.html); any may be null.
struct Action {
  int code = 0;
  const char* first = nullptr;
  const char* second = nullptr;
  const char* database = nullptr;
  const char* trigger = nullptr;
};

// Whether it is allowed. Adds to `*effects`.
bool IsAllowed(const Action& action, uint8_t* effects);

}  // namespace verge::d1

#endif  // D1_AUTHORIZER_H_
