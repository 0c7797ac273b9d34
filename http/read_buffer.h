// Where connections read to, shared by all of a loop: large parts of what was read are handed on without a copy.
#ifndef HTTP_READ_BUFFER_H_
#define HTTP_READ_BUFFER_H_

#include <cstdint>
#include <span>

#include "http/bytes.h"

namespace verge::http {

// On one thread. A block of 64 KiB, the same one for as long as nobody holds a part of it.
class ReadBuffer {
 public:
  // Room for the next read, at least 32 KiB; valid until the next call.
  std::span<uint8_t> Next();

  // `part` of what was just read there, as bytes of their own. Small parts are copied, so that they do not keep a whole
  // block alive, and so is what lies elsewhere.
  Bytes Share(std::span<const uint8_t> part);

 private:
  Bytes block_;
  size_t offset_ = 0;  // what lies before is handed out
};

}  // namespace verge::http

#endif  // HTTP_READ_BUFFER_H_
