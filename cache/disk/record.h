// What the disk keeps of an object apart from its body, as bytes: with a checksum that is keyed with the cache's own
// seed, so that neither what was torn or has rotted nor what another cache wrote is taken for one.
#ifndef CACHE_DISK_RECORD_H_
#define CACHE_DISK_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/entry.h"
#include "cache/hash.h"

namespace verge::cache {

// Whose and what it is: the index finds objects by a hash, this says whether it was the right one.
struct RecordKey {
  std::string_view owner;
  std::string_view name;
  std::string_view key;
};

// Where its body is and how to tell that it is the right one.
struct RecordBody {
  uint64_t size = 0;
  uint64_t nonce = 0;    // of this body alone: BlockKey
  bool in_file = false;  // else beside the record
};

struct Record {
  std::string owner;
  std::string name;
  std::string key;
  uint64_t sequence = 0;
  RecordBody body;
  Metadata metadata;
};

std::string EncodeRecord(const HashSeed& seed, const RecordKey& key, uint64_t sequence, const RecordBody& body,
                         const Metadata& metadata);

// nullopt: these bytes are no record, or not one of this cache. Any bytes may be given.
std::optional<Record> DecodeRecord(const HashSeed& seed, std::string_view bytes);

// Tells variants of a key apart: zero of one that does not vary.
uint64_t VariantOf(const HashSeed& seed, const VaryKey& vary);

}  // namespace verge::cache

#endif  // CACHE_DISK_RECORD_H_
