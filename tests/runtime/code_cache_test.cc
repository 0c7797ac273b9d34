#include "runtime/code_cache.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace verge::runtime {
namespace {

namespace fs = std::filesystem;

class CodeCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "code-cache-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
    folder_ = root_ + "/state/code";
  }
  void TearDown() override { fs::remove_all(root_); }

  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    if (fs::exists(folder_)) {
      for (const auto& entry : fs::directory_iterator(folder_)) files.push_back(entry.path());
    }
    return files;
  }

  std::string root_;
  std::string folder_;
};

TEST_F(CodeCacheTest, KeepsWhatItIsGiven) {
  CodeCache cache(folder_, 1 << 20);
  const CodeCache::Key key = CodeCache::KeyOf("source");
  EXPECT_NE(key, CodeCache::KeyOf("source "));
  EXPECT_EQ(cache.Find(key), nullptr);
  EXPECT_TRUE(Files().empty());
  const std::string code(1000, 'x');
  cache.Store(key, code);
  CodeCache again(folder_, 1 << 20);
  ASSERT_NE(again.Find(key), nullptr);
  EXPECT_EQ(*again.Find(key), code);
  EXPECT_EQ(again.Find(CodeCache::KeyOf("other")), nullptr);
  again.Remove(key);
  EXPECT_EQ(cache.Find(key), nullptr);
}

TEST_F(CodeCacheTest, NobodyElseMayReadIt) {
  CodeCache cache(folder_, 1 << 20);
  cache.Store(CodeCache::KeyOf("source"), "code");
  struct stat status;
  ASSERT_EQ(::stat(folder_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  ASSERT_EQ(Files().size(), 1u);
  ASSERT_EQ(::stat(Files()[0].c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(CodeCacheTest, WhatIsDamagedIsRemoved) {
  CodeCache cache(folder_, 1 << 20);
  const CodeCache::Key key = CodeCache::KeyOf("source");
  const std::string code = "some compiled code that is longer than one lane of the checksum";
  cache.Store(key, code);
  const fs::path file = Files()[0];
  std::string whole;
  {
    std::ifstream in(file, std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(in), {});
  }
  for (size_t i = 0; i < whole.size(); ++i) {
    if (i >= 12 && i < 16) continue;  // reserved
    std::string bad = whole;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bad;
    EXPECT_EQ(cache.Find(key), nullptr) << i;
    EXPECT_FALSE(fs::exists(file)) << i;
  }
  for (size_t size = 0; size < whole.size(); size += 7) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    EXPECT_EQ(cache.Find(key), nullptr) << size;
  }
  // Another source's file under this one's name.
  cache.Store(CodeCache::KeyOf("other"), code);
  fs::rename(Files()[0], file);
  EXPECT_EQ(cache.Find(key), nullptr);
}

TEST_F(CodeCacheTest, FilesThatOthersCanWriteAreNotUsed) {
  CodeCache cache(folder_, 1 << 20);
  const CodeCache::Key key = CodeCache::KeyOf("source");
  cache.Store(key, "code");
  ::chmod(Files()[0].c_str(), 0666);
  EXPECT_EQ(cache.Find(key), nullptr);
  cache.Store(key, "code");
  const fs::path file = Files()[0];
  fs::rename(file, root_ + "/elsewhere");
  fs::create_symlink(root_ + "/elsewhere", file);
  EXPECT_EQ(cache.Find(key), nullptr);
}

TEST_F(CodeCacheTest, TheOldestGo) {
  CodeCache cache(folder_, 10'000);
  for (int i = 0; i < 100; ++i) cache.Store(CodeCache::KeyOf(std::to_string(i)), std::string(1000, 'x'));
  EXPECT_LE(Files().size(), 12u);
  EXPECT_GE(Files().size(), 4u);
  cache.Store(CodeCache::KeyOf("large"), std::string(5000, 'x'));
  EXPECT_EQ(cache.Find(CodeCache::KeyOf("large")), nullptr);
}

TEST_F(CodeCacheTest, AFolderThatCannotBeMadeIsNoDisaster) {
  std::ofstream(root_ + "/file") << "x";
  CodeCache cache(root_ + "/file/code", 1 << 20);
  cache.Store(CodeCache::KeyOf("source"), "code");
  EXPECT_EQ(cache.Find(CodeCache::KeyOf("source")), nullptr);
}

}  // namespace
}  // namespace verge::runtime
