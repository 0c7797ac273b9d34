#include "cache/object_writer.h"

#include <algorithm>
#include <utility>

#include "cache/body.h"

namespace verge::cache {

ObjectWriter::ObjectWriter(std::shared_ptr<ServiceCore> core, std::shared_ptr<NamespaceCore> space, uint64_t hash,
                           EntryRef entry)
    : core_(std::move(core)), space_(std::move(space)), hash_(hash), entry_(std::move(entry)) {}

ObjectWriter::~ObjectWriter() {
  entry_->body()->Fail("The response was not completed.");
  ReleaseMemory();
}

Writer::Result ObjectWriter::Append(http::Bytes piece) {
  Body& body = *entry_->body();
  const uint64_t bytes = piece.size();
  if (!given_up_ && !Keep(bytes)) GiveUp();
  const Body::Demand demand = body.Append(piece);
  // Behind the body: what leaves it for the file has been in it.
  if (!given_up_ && spill_ && !piece.empty() && !spill_->Append(std::move(piece))) GiveUp();
  switch (demand) {
    case Body::Demand::kMore:
      return !given_up_ && spill_ && spill_->behind() ? Result::kWait : Result::kOk;
    case Body::Demand::kWait:
      return Result::kWait;
    case Body::Demand::kNone:
      break;
  }
  Abort("The response is too large to be kept.");
  return Result::kRefused;
}

bool ObjectWriter::Keep(uint64_t bytes) {
  const uint64_t written = entry_->body()->written();
  const uint64_t known = std::max(written + bytes, entry_->body()->size().value_or(0));
  if (!core_->MayStore(known)) return false;
  if (!spill_ && core_->ForDiskOnly(known) && !StartSpill()) return false;
  if (spill_) return true;
  if (!core_->memory.Reserve(*space_->owner, bytes)) return false;
  reserved_ += bytes;
  return true;
}

bool ObjectWriter::StartSpill() {
  spill_ = core_->disk->BeginSpill(space_, hash_, entry_);
  if (!spill_) return false;
  for (http::Bytes& piece : entry_->body()->Pieces()) {
    if (!spill_->Append(std::move(piece))) return false;
  }
  ReleaseMemory();
  return true;
}

void ObjectWriter::WhenWritable(std::shared_ptr<Executor> executor, Task task) {
  if (spill_ && !given_up_) {
    spill_->WhenReady(std::move(executor), std::move(task));
    return;
  }
  entry_->body()->WhenRead(std::move(executor), std::move(task));
}

EntryRef ObjectWriter::Commit() {
  Body& body = *entry_->body();
  const std::optional<uint64_t> announced = body.size();
  if (announced && *announced != body.written()) {
    Abort("The response is not of the length that it announced.");
    return nullptr;
  }
  body.Complete();
  ReleaseMemory();
  if (given_up_) return nullptr;
  if (!spill_) return core_->Store(space_, hash_, entry_);
  // Found in memory until it is found on disk.
  EntryRef stored = core_->Store(space_, hash_, entry_, nullptr, ServiceCore::Keep::kInMemory);
  if (stored) spill_->Finish();
  spill_ = nullptr;
  return stored;
}

void ObjectWriter::Abort(std::string_view message) {
  spill_ = nullptr;
  entry_->body()->Fail(message);
  ReleaseMemory();
}

void ObjectWriter::GiveUp() {
  given_up_ = true;
  spill_ = nullptr;
  core_->refused.fetch_add(1, std::memory_order_relaxed);
  entry_->body()->StopKeeping();
  ReleaseMemory();
}

void ObjectWriter::ReleaseMemory() {
  if (const uint64_t bytes = std::exchange(reserved_, 0)) core_->memory.Release(*space_->owner, bytes);
}

}  // namespace verge::cache
