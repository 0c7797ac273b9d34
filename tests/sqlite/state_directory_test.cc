#include "sqlite/state_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "tests/sqlite/scratch_folder.h"

namespace verge::sqlite {
namespace {

TEST(StateDirectory, IdsAreFileNames) {
  for (const char* id : {"a", "0f2ac74b498b48028cb68387c421e279", "my-ns_1.x", "A..b"}) {
    EXPECT_TRUE(StateDirectory::IsSafeId(id)) << id;
    EXPECT_EQ(StateDirectory::CheckId(id), "");
  }
  const std::string too_long(129, 'a');
  for (std::string_view id : {"", ".", "..", ".hidden", "../x", "a/b", "a\\b", "a b", "<id>", "\xc3\xa4", "a\nb"}) {
    EXPECT_FALSE(StateDirectory::IsSafeId(id)) << id;
    EXPECT_NE(StateDirectory::CheckId(id), "");
  }
  EXPECT_FALSE(StateDirectory::IsSafeId(too_long));
  EXPECT_FALSE(StateDirectory::IsSafeId(std::string_view("a\0b", 3)));
}

TEST(StateDirectory, MakesPrivateFoldersAndListsWhatIsThere) {
  ScratchFolder folder;
  StateDirectory state(folder.Path("x/y"));
  EXPECT_TRUE(state.Ids("kv").empty());
  ASSERT_TRUE(state.Create("kv"));
  ASSERT_TRUE(state.Create("kv"));
  struct stat status;
  ASSERT_EQ(::stat(folder.Path("x/y/kv").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  EXPECT_EQ(state.DatabasePath("kv", "b"), folder.Path("x/y/kv/b.sqlite"));
  for (const char* name : {"b.sqlite", "a.sqlite", "a.sqlite-wal", ".x.sqlite", "c.sqlite.new-1-2"}) {
    folder.Write(std::string("x/y/kv/") + name, "");
  }
  EXPECT_EQ(state.Ids("kv"), (std::vector<std::string>{"a", "b"}));
}

TEST(StateDirectory, SaysWhatIsInTheWay) {
  ScratchFolder folder;
  folder.Write("file", "");
  StateDirectory state(folder.Path("file"));
  auto created = state.Create("kv");
  ASSERT_FALSE(created);
  EXPECT_NE(created.error().message.find(folder.Path("file")), std::string::npos) << created.error().message;
}

}  // namespace
}  // namespace verge::sqlite
