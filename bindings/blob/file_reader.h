// What FileReader (file_reader.js) asks of C++.
#ifndef BINDINGS_BLOB_FILE_READER_H_
#define BINDINGS_BLOB_FILE_READER_H_

#include "bindings/core/function.h"

namespace verge::bindings {

extern const GlobalFunction kFileReaderNatives[5];

}  // namespace verge::bindings

#endif  // BINDINGS_BLOB_FILE_READER_H_
