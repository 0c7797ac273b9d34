// The parts below the disk tier: records, blocks, the set of hashes.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "cache/disk/file_builder.h"
#include "cache/disk/object_file.h"
#include "cache/disk/presence.h"
#include "cache/disk/record.h"
#include "tests/cache/fixture.h"
#include "tests/sqlite/scratch_folder.h"

namespace verge::cache {
namespace {

constexpr HashSeed kSeed{.first = 1, .second = 2};

std::string SomeRecord() {
  Metadata metadata = MakeMetadata({{"A", "b"}, {"Vary", "X"}});
  const std::vector<HeaderField> request = {{"X", "1, 2"}};
  metadata.vary = MakeVaryKey(request, metadata.fields.view());
  metadata.tags = {"one", "two"};
  return EncodeRecord(kSeed, {"owner", "name", "key"}, 17, {.size = 3, .nonce = 4, .in_file = true}, metadata);
}

TEST(Record, ComesBackAsItWas) {
  const auto record = DecodeRecord(kSeed, SomeRecord());
  ASSERT_TRUE(record);
  EXPECT_EQ(record->owner, "owner");
  EXPECT_EQ(record->name, "name");
  EXPECT_EQ(record->key, "key");
  EXPECT_EQ(record->sequence, 17u);
  EXPECT_EQ(record->body.size, 3u);
  EXPECT_EQ(record->body.nonce, 4u);
  EXPECT_TRUE(record->body.in_file);
  EXPECT_EQ(record->metadata.vary.fields.size(), 1u);
  EXPECT_EQ(record->metadata.tags.size(), 2u);
}

TEST(Record, IsNotOneWhenAnythingOfItIsDifferent) {
  const std::string good = SomeRecord();
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(DecodeRecord(kSeed, bad)) << i;
    EXPECT_FALSE(DecodeRecord(kSeed, std::string_view(good).substr(0, i))) << i;
  }
  EXPECT_FALSE(DecodeRecord(kSeed, good + '\0'));
  EXPECT_FALSE(DecodeRecord({.first = 1, .second = 3}, good)) << "another cache's";
}

TEST(Record, VariantsAreToldApart) {
  const auto variant = [](std::string_view vary, const std::vector<HeaderField>& request) {
    const std::vector<HeaderField> response = {{"Vary", vary}};
    return VariantOf(kSeed, MakeVaryKey(request, response));
  };
  EXPECT_EQ(VariantOf(kSeed, {}), 0u);
  EXPECT_EQ(variant("a", {{"A", "1"}}), variant("A", {{"a", "1"}}));
  EXPECT_NE(variant("a", {{"A", "1"}}), variant("a", {{"A", "2"}}));
  EXPECT_NE(variant("a", {{"A", ""}}), variant("a", {}));
  EXPECT_NE(variant("a, b", {{"A", "1"}}), variant("a, b", {{"B", "1"}}));
}

TEST(ObjectFile, AnyRangeOfAnySize) {
  sqlite::ScratchFolder scratch;
  auto threads = std::make_shared<DiskThreads>(1, "test");
  const BlockKey key{.seed = kSeed, .nonce = 9};
  std::mt19937 random(3);
  for (const size_t size : {size_t{1}, size_t{65'535}, size_t{65'536}, size_t{65'537}, size_t{1'500'000}}) {
    const std::string body = Pattern(size);
    const std::string path = scratch.Path("f" + std::to_string(size));
    {
      auto file = ObjectFile::Create(path, key, threads);
      ASSERT_TRUE(file);
      FileBuilder builder(*file);
      for (size_t at = 0; at < size;) {
        const size_t piece = std::min<size_t>(size - at, random() % 200'000 + 1);
        ASSERT_EQ(builder.Append(std::string_view(body).substr(at, piece)), 0);
        at += piece;
        // What is in the file can be read while it grows.
        if (const uint64_t there = (*file)->size(); there > 0) {
          ASSERT_EQ((*file)->ReadNow(there - 1, there)->view(), body.substr(there - 1, 1));
        }
      }
      ASSERT_EQ(builder.Finish(), 0);
      EXPECT_EQ((*file)->size(), size);
      EXPECT_FALSE(ObjectFile::Create(path, key, threads)) << "there is one";
    }
    auto file = ObjectFile::Open(path, key, size, threads, nullptr);
    ASSERT_TRUE(file);
    for (int i = 0; i < 50; ++i) {
      const size_t begin = random() % size;
      const size_t end = begin + 1 + random() % (size - begin);
      const auto bytes = (*file)->ReadNow(begin, end);
      ASSERT_TRUE(bytes);
      ASSERT_EQ(bytes->view() == std::string_view(body).substr(begin, end - begin), true);
    }
    EXPECT_FALSE((*file)->ReadNow(0, size + 1));
    EXPECT_EQ(ObjectFile::Open(path, {.seed = kSeed, .nonce = 10}, size, threads, nullptr).error(),
              ObjectFile::Failure::kDamaged);
    EXPECT_EQ(ObjectFile::Open(path, key, size + 1, threads, nullptr).error(), ObjectFile::Failure::kDamaged);
  }
  EXPECT_EQ(ObjectFile::Open(scratch.Path("none"), key, 1, threads, nullptr).error(), ObjectFile::Failure::kMissing);
  threads->Close();
}

TEST(Block, IsItsOwn) {
  const BlockKey key{.seed = kSeed, .nonce = 1};
  for (const std::string& data : {std::string(), std::string("x"), Pattern(16'000)}) {
    const std::string block = EncodeBlock(key, data);
    EXPECT_EQ(DecodeBlock(key, block), data);
    EXPECT_FALSE(DecodeBlock({.seed = kSeed, .nonce = 2}, block));
    EXPECT_FALSE(DecodeBlock(key, block + "x"));
    EXPECT_FALSE(DecodeBlock(key, std::string_view(block).substr(0, block.size() - 1)));
  }
  EXPECT_FALSE(DecodeBlock(key, "short"));
}

TEST(Presence, IsAMultiset) {
  Presence presence;
  std::map<uint64_t, int> model;
  std::mt19937_64 random(5);
  for (int i = 0; i < 60'000; ++i) {
    // Few of them, close together, so that they collide; zero, too.
    const uint64_t hash = random() % 700 << (random() % 2 * 8);
    if (random() % 2 == 0) {
      presence.Add(hash);
      ++model[hash];
    } else {
      presence.Remove(hash);
      if (model[hash] > 0) --model[hash];
    }
  }
  // One is what zero is kept as.
  const int ones = model[0] + model[1];
  for (const auto& [hash, count] : model) {
    if (hash > 1) EXPECT_EQ(presence.Has(hash), count > 0) << hash;
  }
  EXPECT_GE(ones, 0);
  EXPECT_FALSE(presence.Has(123'456'789'123));
}

}  // namespace
}  // namespace verge::cache
