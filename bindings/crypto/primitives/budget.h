// What long operations may use.
#ifndef BINDINGS_CRYPTO_PRIMITIVES_BUDGET_H_
#define BINDINGS_CRYPTO_PRIMITIVES_BUDGET_H_

namespace verge::crypto {

// Asked every hundred microseconds or so by operations that can take long; when it is used up they fail.
class Budget {
 public:
  // Without end.
  Budget() = default;
  Budget(bool (*exhausted)(const void*), const void* data) : exhausted_(exhausted), data_(data) {}
  [[nodiscard]] bool exhausted() const { return exhausted_ && exhausted_(data_); }

 private:
  bool (*exhausted_)(const void*) = nullptr;
  const void* data_ = nullptr;
};

}  // namespace verge::crypto

#endif  // BINDINGS_CRYPTO_PRIMITIVES_BUDGET_H_
