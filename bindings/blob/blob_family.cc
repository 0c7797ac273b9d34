#include "bindings/blob/blob_family.h"

#include "bindings/blob/blob.h"
#include "bindings/blob/file_reader.h"

namespace verge::bindings {
namespace {

constexpr const ClassSpec* kClasses[] = {&Blob::kSpec, &File::kSpec, &BlobStreamSource::kSpec};

}  // namespace

constinit const Family kBlobFamily = {
    .classes = kClasses, .globals = {}, .natives = kFileReaderNatives, .lazy_globals = {}};

}  // namespace verge::bindings
