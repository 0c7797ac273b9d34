// Shared ownership on one thread: a plain counter in the object, no atomics.
#ifndef HTTP_REF_COUNTED_H_
#define HTTP_REF_COUNTED_H_

#include <cstdint>
#include <utility>

namespace verge::http {

// Base of objects that several owners on one thread keep alive. Starts at zero: the first Ref counts it up.
class RefCounted {
 public:
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;

  void AddRef() { ++references_; }
  void Release() {
    if (--references_ == 0) OnZeroReferences();
  }
  [[nodiscard]] uint32_t references() const { return references_; }

 protected:
  RefCounted() = default;
  virtual ~RefCounted() = default;

  // Pools override this to take the object back.
  virtual void OnZeroReferences() { delete this; }

 private:
  uint32_t references_ = 0;
};

// An owner. Null by default.
template <typename T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}  // NOLINT(google-explicit-constructor): null is null
  explicit Ref(T* object) : object_(object) {
    if (object_) object_->AddRef();
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <typename U>
    requires std::is_convertible_v<U*, T*>
  Ref(Ref<U> other) : object_(other.Leak()) {}  // NOLINT(google-explicit-constructor): derived to base
  ~Ref() { reset(); }

  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  void reset() {
    if (T* object = std::exchange(object_, nullptr)) object->Release();
  }

  // Hands the reference over as a raw pointer; `Adopt` takes it back.
  [[nodiscard]] T* Leak() { return std::exchange(object_, nullptr); }
  static Ref Adopt(T* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  friend bool operator==(const Ref& a, const Ref& b) { return a.object_ == b.object_; }

 private:
  T* object_ = nullptr;
};

template <typename T, typename... Args>
Ref<T> MakeRef(Args&&... args) {
  return Ref<T>(new T(std::forward<Args>(args)...));
}

}  // namespace verge::http

#endif  // HTTP_REF_COUNTED_H_
