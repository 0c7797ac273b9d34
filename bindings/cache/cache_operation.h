// A promise of the Cache API that something of the cache settles later.
#ifndef BINDINGS_CACHE_CACHE_OPERATION_H_
#define BINDINGS_CACHE_CACHE_OPERATION_H_

#include <memory>
#include <utility>

#include "runtime/await_io.h"

namespace verge::bindings {

// Belongs to its invocation and deletes itself. What the cache calls back holds a handle, which is empty when the
// invocation ended first.
class CacheOperation final : public runtime::AwaitIo {
 public:
  class Handle {
   public:
    // In place or from the loop: `make(JsEntry&)` gives the value, or what it throws rejects.
    template <typename Make>
    void Settle(Make make) {
      if (CacheOperation* operation = std::exchange(operation_, nullptr)) {
        operation->handle_.reset();
        operation->AwaitIo::Settle(std::move(make));
        delete operation;
      }
    }
    [[nodiscard]] bool waited_for() const { return operation_ != nullptr; }

   private:
    friend class CacheOperation;
    CacheOperation* operation_ = nullptr;
  };

  // Null: exception or termination.
  static std::shared_ptr<Handle> Start(v8::Local<v8::Context> context, runtime::Invocation* invocation,
                                       v8::Local<v8::Promise>* promise) {
    auto* operation = new CacheOperation();
    if (!operation->Begin(context, invocation)) {
      delete operation;
      return nullptr;
    }
    *promise = operation->promise(v8::Isolate::GetCurrent());
    auto handle = std::make_shared<Handle>();
    handle->operation_ = operation;
    operation->handle_ = handle;
    return handle;
  }

  void OnInvocationEnd() override {
    if (auto handle = std::move(handle_)) handle->operation_ = nullptr;
    delete this;
  }

 private:
  CacheOperation() = default;
  std::shared_ptr<Handle> handle_;
};

}  // namespace verge::bindings

#endif  // BINDINGS_CACHE_CACHE_OPERATION_H_
