#include "bindings/blob/blob_family.h"

#include "bindings/blob/blob.h"

namespace verge::bindings {
namespace {

constexpr const ClassSpec* kClasses[] = {&Blob::kSpec, &File::kSpec, &BlobStreamSource::kSpec};

}  // namespace

constinit const Family kBlobFamily = {.classes = kClasses, .globals = {}, .natives = {}, .lazy_globals = {}};

}  // namespace verge::bindings
