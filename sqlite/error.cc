#include "sqlite/error.h"

#include <cerrno>
#include <cstring>

namespace verge::sqlite {

std::string_view Error::name() const {
  switch (primary()) {
    case kMissing:
      return "VERGE_MISSING";
    case kForeign:
      return "VERGE_FOREIGN";
    case kNewer:
      return "VERGE_NEWER";
    case kOverloaded:
      return "VERGE_OVERLOADED";
    case kClosed:
      return "VERGE_CLOSED";
    case kSystem:
      return "VERGE_SYSTEM";
    case SQLITE_INTERNAL:
      return "SQLITE_INTERNAL";
    case SQLITE_PERM:
      return "SQLITE_PERM";
    case SQLITE_ABORT:
      return "SQLITE_ABORT";
    case SQLITE_BUSY:
      return "SQLITE_BUSY";
    case SQLITE_LOCKED:
      return "SQLITE_LOCKED";
    case SQLITE_NOMEM:
      return "SQLITE_NOMEM";
    case SQLITE_READONLY:
      return "SQLITE_READONLY";
    case SQLITE_INTERRUPT:
      return "SQLITE_INTERRUPT";
    case SQLITE_IOERR:
      return "SQLITE_IOERR";
    case SQLITE_CORRUPT:
      return "SQLITE_CORRUPT";
    case SQLITE_NOTFOUND:
      return "SQLITE_NOTFOUND";
    case SQLITE_FULL:
      return "SQLITE_FULL";
    case SQLITE_CANTOPEN:
      return "SQLITE_CANTOPEN";
    case SQLITE_PROTOCOL:
      return "SQLITE_PROTOCOL";
    case SQLITE_SCHEMA:
      return "SQLITE_SCHEMA";
    case SQLITE_TOOBIG:
      return "SQLITE_TOOBIG";
    case SQLITE_CONSTRAINT:
      return "SQLITE_CONSTRAINT";
    case SQLITE_MISMATCH:
      return "SQLITE_MISMATCH";
    case SQLITE_MISUSE:
      return "SQLITE_MISUSE";
    case SQLITE_NOLFS:
      return "SQLITE_NOLFS";
    case SQLITE_AUTH:
      return "SQLITE_AUTH";
    case SQLITE_RANGE:
      return "SQLITE_RANGE";
    case SQLITE_NOTADB:
      return "SQLITE_NOTADB";
    default:
      return "SQLITE_ERROR";
  }
}

std::unexpected<Error> FailSystem(std::string_view what, int error_number) {
  int code = error_number == ENOSPC || error_number == EDQUOT ? SQLITE_FULL : static_cast<int>(kSystem);
  return Fail(code, std::string(what) + ": " + std::strerror(error_number));
}

}  // namespace verge::sqlite
