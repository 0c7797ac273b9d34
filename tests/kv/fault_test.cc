// A namespace on a disk that fails, is full, or holds something else.

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "sqlite/testing/faulty_vfs.h"
#include "tests/kv/fixture.h"

namespace verge::kv {
namespace {

using sqlite::testing::FaultyVfs;

class KvFaultTest : public KvTest {
 protected:
  KvFaultTest() {
    FaultyVfs::Get().Reset();
    options_.vfs = FaultyVfs::name();
    Restart();
  }
  ~KvFaultTest() override { FaultyVfs::Get().Reset(); }
};

// Whatever call fails: what was acknowledged is there, whatever was refused leaves the old value or, if the error came
// after the data, the new one; and reads never give anything else.
TEST_F(KvFaultTest, NoAcknowledgedWriteIsLost) {
  FaultyVfs& faults = FaultyVfs::Get();
  std::map<std::string, std::string> acknowledged;
  std::map<std::string, std::string> attempted;
  ASSERT_TRUE(Put(*ns_, "k0", MakeValue("first")));
  acknowledged["k0"] = "first";
  int refused = 0;
  const std::string long_text(600 * 1024, 'L');
  for (int n = 0; n < 150; ++n) {
    faults.SetShortWrites(n % 2 == 0);
    faults.FailAfter(n / 3, sqlite::testing::kChanges, n % 3 == 0 ? SQLITE_FULL : SQLITE_IOERR, n % 4 == 0);
    for (int i = 0; i < 4; ++i) {
      const std::string key = "k" + std::to_string(i);
      const std::string text = i == 3 ? long_text + std::to_string(n) : std::to_string(n) + std::string(2000, 'x');
      attempted[key] = text;
      if (Put(*ns_, key, MakeValue(text))) {
        acknowledged[key] = text;
        attempted.erase(key);
      } else {
        ++refused;
      }
      faults.calls();
    }
    faults.Reset();
    if (n % 10 == 0) Restart();
    for (auto& [key, text] : acknowledged) {
      auto found = Get(*ns_, key);
      ASSERT_TRUE(found) << key << " " << n;
      auto tried = attempted.find(key);
      if (tried != attempted.end() && *found == tried->second) text = *found;
      ASSERT_EQ(found->substr(0, 20), text.substr(0, 20)) << key << " " << n;
      ASSERT_EQ(*found, text);
    }
    attempted.clear();
  }
  EXPECT_GT(refused, 50);
}

TEST_F(KvFaultTest, FailingReadsAreErrorsAndPass) {
  FaultyVfs& faults = FaultyVfs::Get();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Put(*ns_, std::to_string(i), MakeValue(std::string(5000, 'x'))));
  const std::string key = "7";
  int failed = 0;
  for (int n = 0; n < 40; ++n) {
    Restart();
    faults.FailAfter(n, sqlite::testing::kReadCall | sqlite::testing::kOpenCall, SQLITE_IOERR);
    auto read = ns_->GetNow({&key, 1}, UINT64_MAX);
    bool hit = faults.failed();
    faults.Reset();
    if (read) {
      ASSERT_TRUE((*read)[0]);
      EXPECT_EQ((*read)[0]->size(), 5000u);
    } else {
      ++failed;
    }
    EXPECT_EQ(Get(*ns_, key)->size(), 5000u);
    if (!hit) break;
  }
  EXPECT_GT(failed, 3);
}

TEST_F(KvFaultTest, AFullDiskRefusesWritesAndReadsGoOn) {
  ASSERT_TRUE(Put(*ns_, "a", MakeValue("old")));
  FaultyVfs::Get().LimitGrowth(100'000);
  auto refused = Put(*ns_, "big", MakeValue(std::string(3 << 20, 'x')));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().full()) << refused.error().message;
  EXPECT_EQ(Get(*ns_, "a"), "old");
  EXPECT_EQ(Get(*ns_, "big"), std::nullopt);
  FaultyVfs::Get().LimitGrowth(0);
  refused = Put(*ns_, "a", MakeValue(std::string(50'000, 'x')));
  // The log may have room left over from the write that was refused.
  if (!refused) {
    EXPECT_TRUE(refused.error().full());
    EXPECT_EQ(Get(*ns_, "a"), "old");
  }
  Restart();
  EXPECT_TRUE(Get(*ns_, "a"));
  FaultyVfs::Get().Reset();
  ASSERT_TRUE(Put(*ns_, "a", MakeValue("new")));
  Restart();
  EXPECT_EQ(Get(*ns_, "a"), "new");
}

TEST_F(KvTest, AFileOfSomethingElseIsNeverTouched) {
  ASSERT_TRUE(process_->directory().Create("kv"));
  folder_.Write("state/kv/ns.sqlite", "these are my notes");
  auto checked = ns_->Check();
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message.find("state/kv/ns.sqlite: this file is not a KV namespace"), std::string::npos)
      << checked.error().message;
  auto put = Put(*ns_, "a", MakeValue("1"));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, sqlite::kForeign);
  const std::string key = "a";
  EXPECT_FALSE(ns_->GetNow({&key, 1}, UINT64_MAX));
  EXPECT_EQ(folder_.Read("state/kv/ns.sqlite"), "these are my notes");
  // Once it is out of the way everything works.
  std::filesystem::remove(folder_.Path("state/kv/ns.sqlite"));
  EXPECT_TRUE(Put(*ns_, "a", MakeValue("1")));
}

TEST_F(KvTest, ANewerFileIsRefused) {
  ASSERT_TRUE(Put(*ns_, "a", MakeValue("1")));
  ns_.reset();
  process_.reset();
  {
    auto database = sqlite::Database::Open(folder_.Path("state/kv/ns.sqlite"), {});
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->Execute("PRAGMA user_version=99"));
  }
  process_ = std::make_unique<TestProcess>(folder_.Path("state"), &clock_, options_);
  ns_ = process_->Open();
  auto put = Put(*ns_, "a", MakeValue("2"));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, sqlite::kNewer);
}

TEST_F(KvTest, ADamagedFileIsAnError) {
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(Put(*ns_, std::to_string(i), MakeValue(std::string(300, 'x'))));
  ns_.reset();
  process_.reset();
  std::string bytes = folder_.Read("state/kv/ns.sqlite");
  ASSERT_GT(bytes.size(), 20'000u);
  for (size_t i = 4096; i < bytes.size(); i += 3) bytes[i] = static_cast<char>(0xA5);
  folder_.Write("state/kv/ns.sqlite", bytes);
  process_ = std::make_unique<TestProcess>(folder_.Path("state"), &clock_, options_);
  ns_ = process_->Open();
  const std::string key = "7";
  auto read = ns_->GetNow({&key, 1}, UINT64_MAX);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().name(), "SQLITE_CORRUPT");
}

}  // namespace
}  // namespace verge::kv
