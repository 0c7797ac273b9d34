#include "assets/folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "assets/content_type.h"
#include "assets/ignore.h"
#include "scratch_folder.h"

namespace verge::assets {
namespace {

std::unique_ptr<Folder> Open(const ScratchFolder& scratch, bool live, std::string_view ignore = "") {
  auto folder = Folder::Open(scratch.path(), live, IgnoreRules(ignore));
  EXPECT_TRUE(folder) << folder.error();
  return folder ? *std::move(folder) : nullptr;
}

TEST(FolderTest, Finds) {
  const ScratchFolder scratch;
  scratch.Write("a.txt", "A");
  scratch.Write("deep/er/.hidden", "H");
  scratch.Write("_headers", "x");
  for (const bool live : {false, true}) {
    const auto folder = Open(scratch, live);
    const FileRef file = folder->Find("/a.txt");
    ASSERT_TRUE(file);
    EXPECT_EQ(file->content_type, "text/plain; charset=utf-8");
    const auto content = folder->Read(*file);
    ASSERT_TRUE(content);
    EXPECT_EQ(content->bytes.view(), "A");
    EXPECT_EQ(content->etag, "\"559aead08264d5795d3909718cdd05ab\"");
    EXPECT_EQ(folder->Read(*file), content);
    EXPECT_TRUE(folder->Find("/deep/er/.hidden"));
    for (const char* path : {"", "/", "/deep", "/deep/", "a.txt", "//a.txt", "/deep/../a.txt", "/./a.txt", "/b.txt"}) {
      EXPECT_FALSE(folder->Find(path)) << path << live;
    }
    EXPECT_FALSE(folder->Find(std::string_view("/a.txt\0", 7)));
  }
  EXPECT_FALSE(Open(scratch, false)->Find("/_headers"));
  EXPECT_FALSE(Open(scratch, false, "*.txt")->Find("/a.txt"));
  EXPECT_FALSE(Open(scratch, false, "deep")->Find("/deep/er/.hidden"));
}

TEST(FolderTest, LinksDoNotLeadOut) {
  const ScratchFolder outside;
  outside.Write("secret", "S");
  const ScratchFolder scratch;
  scratch.Write("real/x.txt", "X");
  scratch.Link("inside.txt", "real/x.txt");
  scratch.Link("out.txt", outside.path() + "/secret");
  scratch.Link("up.txt", "../" + outside.path().substr(outside.path().rfind('/') + 1) + "/secret");
  scratch.Link("out", outside.path());
  const auto fixed = Open(scratch, false);
  EXPECT_TRUE(fixed->Find("/inside.txt"));
  EXPECT_FALSE(fixed->Find("/out.txt"));
  EXPECT_FALSE(fixed->Find("/up.txt"));
  EXPECT_FALSE(fixed->Find("/out/secret"));
  // One that takes the place of a file later.
  const FileRef file = fixed->Find("/real/x.txt");
  std::filesystem::remove(scratch.path() + "/real/x.txt");
  scratch.Link("real/x.txt", outside.path() + "/secret");
  EXPECT_EQ(fixed->OpenFile(*file), -1);
  EXPECT_FALSE(fixed->Read(*file));
}

TEST(FolderTest, LiveSeesChanges) {
  const ScratchFolder scratch;
  const auto folder = Open(scratch, true);
  EXPECT_FALSE(folder->Find("/a"));
  scratch.Write("a", "one");
  const FileRef first = folder->Find("/a");
  ASSERT_TRUE(first);
  EXPECT_EQ(folder->Read(*first)->bytes.view(), "one");
  scratch.Write("a", "second");
  const FileRef second = folder->Find("/a");
  ASSERT_TRUE(second);
  EXPECT_NE(first, second);
  EXPECT_EQ(folder->Read(*second)->bytes.view(), "second");
  std::filesystem::remove(scratch.path() + "/a");
  EXPECT_FALSE(folder->Find("/a"));
}

TEST(FolderTest, LargeFilesAreNotKept) {
  const ScratchFolder scratch;
  scratch.Write("large", std::string(Folder::kMaxKept + 1, 'x'));
  const auto folder = Open(scratch, false);
  const FileRef file = folder->Find("/large");
  ASSERT_TRUE(file);
  EXPECT_FALSE(folder->Read(*file));
  const int fd = folder->OpenFile(*file);
  EXPECT_GE(fd, 0);
  ::close(fd);
  scratch.Write("large", "changed");
  EXPECT_EQ(folder->OpenFile(*file), -1);
}

TEST(FolderTest, Missing) {
  EXPECT_FALSE(Folder::Open("/no/such/folder", false, IgnoreRules()));
  EXPECT_TRUE(Folder::Open("/no/such/folder", true, IgnoreRules()));
}

TEST(ContentTypeTest, ByExtension) {
  EXPECT_EQ(ContentTypeOf("/a/index.HTML"), "text/html; charset=utf-8");
  EXPECT_EQ(ContentTypeOf("/a.min.js"), "text/javascript; charset=utf-8");
  EXPECT_EQ(ContentTypeOf("/a.svg"), "image/svg+xml");
  EXPECT_EQ(ContentTypeOf("/a.unknown"), "");
  EXPECT_EQ(ContentTypeOf("/a.html/b"), "");
  EXPECT_EQ(ContentTypeOf("/a."), "");
  EXPECT_EQ(ContentTypeOf("/README"), "");
}

}  // namespace
}  // namespace verge::assets
