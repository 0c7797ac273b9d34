// All APIs of verge, in the order in which they are installed. A new family is added here and in BUILD.gn.
#ifndef BINDINGS_REGISTRY_H_
#define BINDINGS_REGISTRY_H_

#include <cstdint>
#include <span>
#include <vector>

#include "bindings/core/family.h"

namespace verge::bindings {

std::span<const Family* const> AllFamilies();

// Every class of every family, in order: the index of its template in the snapshot.
const std::vector<const ClassSpec*>& AllClasses();

// Every C++ function that the snapshot may refer to, null-terminated. The order follows from the tables, so builder and
// runtime agree when they are built from the same sources.
const intptr_t* ExternalReferences();

}  // namespace verge::bindings

#endif  // BINDINGS_REGISTRY_H_
