// The writer of objects that come piece by piece.
#ifndef CACHE_OBJECT_WRITER_H_
#define CACHE_OBJECT_WRITER_H_

#include <cstdint>
#include <memory>

#include "cache/service_core.h"
#include "cache/writer.h"

namespace verge::cache {

class ObjectWriter final : public Writer {
 public:
  ObjectWriter(std::shared_ptr<ServiceCore> core, std::shared_ptr<NamespaceCore> space, uint64_t hash, EntryRef entry);
  ~ObjectWriter() override;

  Result Append(http::Bytes piece) override;
  void WhenWritable(std::shared_ptr<Executor> executor, Task task) override;
  EntryRef Commit() override;
  void Abort(std::string_view message) override;
  [[nodiscard]] const EntryRef& entry() const override { return entry_; }

 private:
  // It is not going to be stored, but those who read along get all of it.
  void GiveUp();
  void ReleaseMemory();

  const std::shared_ptr<ServiceCore> core_;
  const std::shared_ptr<NamespaceCore> space_;
  const uint64_t hash_;
  const EntryRef entry_;
  uint64_t reserved_ = 0;
  bool given_up_ = false;
};

}  // namespace verge::cache

#endif  // CACHE_OBJECT_WRITER_H_
