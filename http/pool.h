// Free lists for the objects that every request needs, so that a busy server does not allocate.
#ifndef HTTP_POOL_H_
#define HTTP_POOL_H_

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "http/ref_counted.h"

namespace verge::http {

// Objects of class T, which has a member `Ref<Pool<T>> pool_` (and Pool as a friend) and calls GiveBack from its
// OnZeroReferences. An object that is in use keeps its pool alive; idle ones die with it.
template <typename T>
class Pool final : public RefCounted {
 public:
  [[nodiscard]] Ref<T> Take() {
    std::unique_ptr<T> object;
    if (free_.empty()) {
      object = std::make_unique<T>();
    } else {
      object = std::move(free_.back());
      free_.pop_back();
    }
    object->pool_ = Ref<Pool>(this);
    return Ref<T>(object.release());
  }

  // `object` has been reset and has no owner any more.
  static void GiveBack(T* object) {
    std::unique_ptr<T> owned(object);
    const Ref<Pool> pool = std::exchange(object->pool_, nullptr);
    if (pool && pool->free_.size() < kMaxIdle) pool->free_.push_back(std::move(owned));
  }

 private:
  static constexpr size_t kMaxIdle = 1024;
  std::vector<std::unique_ptr<T>> free_;
};

}  // namespace verge::http

#endif  // HTTP_POOL_H_
