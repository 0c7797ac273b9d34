#include "cache/object_writer.h"

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
  if (!given_up_) {
    if (core_->MayStore(body.written() + bytes) && core_->memory.Reserve(*space_->owner, bytes)) {
      reserved_ += bytes;
    } else {
      GiveUp();
    }
  }
  switch (body.Append(std::move(piece))) {
    case Body::Demand::kMore:
      return Result::kOk;
    case Body::Demand::kWait:
      return Result::kWait;
    case Body::Demand::kNone:
      break;
  }
  Abort("The response is too large to be kept.");
  return Result::kRefused;
}

void ObjectWriter::WhenWritable(std::shared_ptr<Executor> executor, Task task) {
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
  return given_up_ ? nullptr : core_->Store(space_, hash_, entry_);
}

void ObjectWriter::Abort(std::string_view message) {
  entry_->body()->Fail(message);
  ReleaseMemory();
}

void ObjectWriter::GiveUp() {
  given_up_ = true;
  core_->refused.fetch_add(1, std::memory_order_relaxed);
  entry_->body()->StopKeeping();
  ReleaseMemory();
}

void ObjectWriter::ReleaseMemory() {
  if (const uint64_t bytes = std::exchange(reserved_, 0)) core_->memory.Release(*space_->owner, bytes);
}

}  // namespace verge::cache
