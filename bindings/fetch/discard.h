// Reads a body that nobody wants.
#ifndef BINDINGS_FETCH_DISCARD_H_
#define BINDINGS_FETCH_DISCARD_H_

#include "http/body.h"
#include "http/ref_counted.h"

namespace verge::bindings {

// To its end when that is near, so that its connection can be used again; a long body is cancelled.
void Discard(http::Ref<http::BodySource> body);

}  // namespace verge::bindings

#endif  // BINDINGS_FETCH_DISCARD_H_
