#include "bindings/d1/d1_family.h"

#include "bindings/d1/database.h"
#include "bindings/d1/prepared_statement.h"
#include "bindings/d1/session.h"

namespace verge::bindings {
namespace {

constexpr const ClassSpec* kClasses[] = {
    &D1Database::kSpec,
    &D1PreparedStatement::kSpec,
    &D1DatabaseSession::kSpec,
};

}  // namespace

constinit const Family kD1Family = {.classes = kClasses, .globals = {}, .natives = {}, .lazy_globals = {}};

}  // namespace verge::bindings
