// The fuzz target over inputs of its own making: what a fuzzer would find in its first seconds.

#include "tests/fuzz/fuzz_target.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "kv/cursor.h"

namespace verge::kv {
namespace {

void Feed(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

TEST(KvFuzzTarget, HoldsForOperationsOnKeys) {
  std::mt19937 random(11);
  const std::vector<std::string> pieces = {"a", "b",    "/", "ä", "€", "😀", "\x7f", std::string(1, '\0'),
                                           "%", "\xff", "."};
  for (int i = 0; i < 1500; ++i) {
    std::string input;
    for (int operation = static_cast<int>(random() % 40); operation > 0; --operation) {
      std::string key;
      for (int piece = static_cast<int>(random() % 5); piece > 0; --piece) key += pieces[random() % pieces.size()];
      input += static_cast<char>(random());
      input += static_cast<char>(key.size());
      input += key;
    }
    Feed(input);
  }
}

TEST(KvFuzzTarget, HoldsForChangedCursorsAndNoise) {
  std::mt19937 random(12);
  for (int i = 0; i < 3000; ++i) {
    std::string input = EncodeCursor("key" + std::to_string(i));
    for (int change = static_cast<int>(random() % 3); change > 0; --change) {
      input[random() % input.size()] = static_cast<char>(random());
    }
    Feed(input);
    std::string noise(random() % 64, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    Feed(noise);
  }
}

}  // namespace
}  // namespace verge::kv
