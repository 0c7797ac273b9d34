// A directory of a test's own, gone when the test is.
#ifndef TESTS_CONFIG_SCRATCH_DIRECTORY_H_
#define TESTS_CONFIG_SCRATCH_DIRECTORY_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

namespace verge::config {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string pattern = ::testing::TempDir() + "config-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "no scratch directory: " << pattern;
    std::error_code error;
    path_ = std::filesystem::canonical(pattern, error).string();
    EXPECT_FALSE(error) << error.message();
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  // Writes a file, creating the directories to it, and returns its path.
  std::string Write(std::string_view name, std::string_view content) const {
    const std::filesystem::path path = std::filesystem::path(path_) / name;
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    EXPECT_FALSE(error) << error.message();
    std::ofstream file(path, std::ios::binary);
    file << content;
    EXPECT_TRUE(file.good()) << path;
    return path.string();
  }

  [[nodiscard]] std::string Path(std::string_view name) const { return path_ + "/" + std::string(name); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace verge::config

#endif  // TESTS_CONFIG_SCRATCH_DIRECTORY_H_
