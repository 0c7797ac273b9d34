// What the blobs of one isolate share: the count of their memory, and the blob: URLs (File API, 8).
#ifndef BINDINGS_BLOB_BLOB_STORE_H_
#define BINDINGS_BLOB_BLOB_STORE_H_

#include <v8.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bindings/blob/rope.h"
#include "bindings/core/convert.h"
#include "bindings/core/error.h"
#include "bindings/core/realm.h"
#include "bindings/crypto/random_pool.h"

namespace verge::bindings {

// The content of a Blob without its wrapper.
struct BlobContent {
  RopeSlice data;
  std::string type;  // bytes of a header's value; "" if there is none
};

class BlobStore final : public RealmPart {
 public:
  static BlobStore& From(v8::Isolate* isolate) { return Realm::From(isolate).part<BlobStore>(Realm::Part::kBlobs); }

  [[nodiscard]] const std::shared_ptr<RopeAccount>& account() const { return account_; }

  // After memory was made: charges the worker, which collects garbage if need be. False: what is alive goes beyond its
  // limit, and execution has been terminated.
  [[nodiscard]] bool Admit(v8::Isolate* isolate);
  // After memory was let go, also from a destructor, in the middle of a collection.
  void ReportDecrease(v8::Isolate* isolate);

  // What an isolate may hold in one piece of content, in bytes. More would end the process, not the worker.
  static uint64_t SizeLimit(v8::Isolate* isolate);

  // Random bytes for names. Not for global scope: see RequireInvocation.
  RandomPool& random() { return random_; }

  // The URL for a content, "blob:null/<UUID>".
  std::optional<std::string> Register(BlobContent content);
  void Revoke(std::string_view url);
  // Null: not known, or revoked.
  [[nodiscard]] const BlobContent* Find(std::string_view url) const;

 private:
  std::shared_ptr<RopeAccount> account_ = std::make_shared<RopeAccount>();
  int64_t reported_ = 0;
  std::map<std::string, BlobContent, std::less<>> urls_;
  RandomPool random_;
};

// For fetch() (https://fetch.spec.whatwg.org/#scheme-fetch): what a blob: URL, with or without a fragment, stands for
// in this isolate. Entries die with the isolate.
std::optional<BlobContent> FindBlobUrl(v8::Isolate* isolate, std::string_view url);

class Blob;

// URL.createObjectURL, URL.revokeObjectURL (File API, 8.4).
Result<std::string> CreateObjectUrl(Cx& cx, Blob* blob);
void RevokeObjectUrl(Cx& cx, std::string url);

}  // namespace verge::bindings

#endif  // BINDINGS_BLOB_BLOB_STORE_H_
