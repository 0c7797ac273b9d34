// The fuzz target over inputs of its own making: what a fuzzer would find in its first seconds.
#include "tests/fuzz/fuzz_target.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "cache/disk/record.h"
#include "tests/cache/fixture.h"

namespace verge::cache {
namespace {

void Feed(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

TEST(CacheFuzzTarget, HoldsForChangedRecordsAndNoise) {
  std::mt19937 random(21);
  Metadata metadata = MakeMetadata({{"A", "b"}, {"Vary", "X"}});
  const std::vector<HeaderField> request = {{"X", "1"}};
  metadata.vary = MakeVaryKey(request, metadata.fields.view());
  metadata.tags = {"one", "two"};
  std::string record = EncodeRecord({.first = 1, .second = 2}, {"o", "n", "k"}, 1, {.size = 5}, metadata);
  Feed(record);
  // Without the checksum: the target adds one that fits.
  record.resize(record.size() - 8);
  Feed(record);
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = record;
    for (int change = static_cast<int>(random() % 3); change >= 0; --change) {
      changed[random() % changed.size()] = static_cast<char>(random());
    }
    changed.resize(changed.size() - (random() % 4 == 0 ? random() % changed.size() : 0));
    Feed(changed);
  }
}

TEST(CacheFuzzTarget, HoldsForHeaders) {
  std::mt19937 random(22);
  const std::vector<std::string> pieces = {"Cache-Control:",
                                           "max-age=",
                                           "s-maxage=",
                                           "no-cache=\"",
                                           "private",
                                           "stale-while-revalidate=",
                                           "1",
                                           "99999999999999999999",
                                           "-",
                                           "\"",
                                           "\\",
                                           ",",
                                           ";",
                                           " ",
                                           "\t",
                                           "=",
                                           "\n",
                                           "\n\n",
                                           "Vary:",
                                           "*",
                                           "Accept-Language:",
                                           "en;q=0.5",
                                           "Expires:",
                                           "Date:",
                                           "Sun, 06 Nov 1994 08:49:37 GMT",
                                           "Sunday, 06-Nov-94 08:49:37 GMT",
                                           "ETag:",
                                           "W/\"a\"",
                                           "If-None-Match:",
                                           "Range:",
                                           "bytes=",
                                           "0-",
                                           "Age:",
                                           "CDN-Cache-Control:",
                                           "Content-Location:",
                                           "/x",
                                           "Set-Cookie:",
                                           "Last-Modified:",
                                           "If-Range:",
                                           "Connection:",
                                           "\x80",
                                           "?1",
                                           "(",
                                           ")",
                                           ":"};
  for (int i = 0; i < 20'000; ++i) {
    std::string input;
    for (int piece = static_cast<int>(random() % 30); piece > 0; --piece) input += pieces[random() % pieces.size()];
    Feed(input);
  }
}

}  // namespace
}  // namespace verge::cache
