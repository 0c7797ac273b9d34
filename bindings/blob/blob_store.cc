#include "bindings/blob/blob_store.h"

#include <array>
#include <utility>

#include "bindings/blob/blob.h"
#include "bindings/core/invocation_scope.h"

namespace verge::bindings {
namespace {

constexpr std::string_view kPrefix = "blob:null/";
// What an entry costs beside its content.
constexpr int64_t kEntryBytes = 256;

std::string_view WithoutFragment(std::string_view url) { return url.substr(0, url.find('#')); }

}  // namespace

// Changes below this are not worth a call.
constexpr int64_t kReportStep = 4096;

bool BlobStore::Admit(v8::Isolate* isolate) {
  int64_t change = account_->bytes.load(std::memory_order_relaxed) - reported_;
  runtime::WorkerIsolate* worker = Realm::From(isolate).worker();
  if (change < kReportStep || !worker) return true;
  reported_ += change;
  // A collection lets go of other blobs, which comes back to ReportDecrease.
  worker->ChargeMemory(change);
  return !worker->exceeded_memory();
}

void BlobStore::ReportDecrease(v8::Isolate* isolate) {
  int64_t change = account_->bytes.load(std::memory_order_relaxed) - reported_;
  runtime::WorkerIsolate* worker = Realm::From(isolate).worker();
  if (change > -kReportStep || !worker) return;
  reported_ += change;
  worker->ChargeMemory(change);
}

uint64_t BlobStore::SizeLimit(v8::Isolate* isolate) {
  runtime::WorkerIsolate* worker = Realm::From(isolate).worker();
  return worker ? worker->limits().heap_bytes : runtime::Limits().heap_bytes;
}

std::optional<std::string> BlobStore::Register(BlobContent content) {
  std::array<uint8_t, 16> bytes;
  if (!random_.Fill(bytes)) return std::nullopt;
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3f) | 0x80);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string url(kPrefix);
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) url += '-';
    url += kDigits[bytes[i] >> 4];
    url += kDigits[bytes[i] & 15];
  }
  urls_.insert_or_assign(url, std::move(content));
  account_->bytes.fetch_add(kEntryBytes, std::memory_order_relaxed);
  return url;
}

void BlobStore::Revoke(std::string_view url) {
  auto found = urls_.find(url);
  if (found == urls_.end()) return;
  urls_.erase(found);
  account_->bytes.fetch_sub(kEntryBytes, std::memory_order_relaxed);
}

const BlobContent* BlobStore::Find(std::string_view url) const {
  auto found = urls_.find(url);
  return found == urls_.end() ? nullptr : &found->second;
}

std::optional<BlobContent> FindBlobUrl(v8::Isolate* isolate, std::string_view url) {
  const BlobContent* content = BlobStore::From(isolate).Find(WithoutFragment(url));
  if (!content) return std::nullopt;
  return *content;
}

Result<std::string> CreateObjectUrl(Cx& cx, Blob* blob) {
  if (auto invocation = RequireInvocation(cx); !invocation) return std::unexpected(std::move(invocation).error());
  BlobStore& store = BlobStore::From(cx.isolate);
  std::optional<std::string> url = store.Register(blob->content());
  if (!url) return DomError("OperationError", cx.Where() + ": The system has no random values to give.");
  if (!store.Admit(cx.isolate)) return Pending();
  return *std::move(url);
}

void RevokeObjectUrl(Cx& cx, std::string url) {
  BlobStore& store = BlobStore::From(cx.isolate);
  store.Revoke(url);
  store.ReportDecrease(cx.isolate);
}

}  // namespace verge::bindings
