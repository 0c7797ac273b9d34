// Cursors and keys of KV namespaces: whatever text a worker sends is refused or means one place in the order of keys,
// and a namespace's file does with any keys what a map does.
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kv/cursor.h"
#include "kv/rules.h"
#include "kv/store.h"
#include "sqlite/database.h"
#include "tests/fuzz/fuzz_target.h"

namespace verge::kv {
namespace {

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "wrong: %s\n", what);
  std::abort();
}

// A file for the whole run, in a folder that only lives as long.
sqlite::Database& File() {
  static std::unique_ptr<sqlite::Database> database = [] {
    std::string folder = P_tmpdir "/kv-fuzz-XXXXXX";
    Require(::mkdtemp(folder.data()) != nullptr, "no scratch folder");
    const std::string path = folder + "/ns.sqlite";
    auto opened = sqlite::Database::Open(path, StoreOptions(sqlite::OpenMode::kCreate, nullptr));
    Require(opened.has_value(), "the file was not made");
    for (const char* suffix : {"", "-wal", "-shm"}) ::unlink((path + suffix).c_str());
    ::rmdir(folder.c_str());
    return *std::move(opened);
  }();
  return *database;
}

void CheckCursor(std::string_view text) {
  auto key = DecodeCursor(text);
  if (!key) return;
  Require(!key->empty() && key->size() <= kMaxKeyBytes && IsUtf8(*key), "a cursor leads to a key");
  Require(EncodeCursor(*key) == text, "one cursor for each place");
}

// Reads the input as operations: a byte that says which, a length, a key.
class Reader {
 public:
  Reader(const uint8_t* data, size_t size) : data_(reinterpret_cast<const char*>(data), size) {}
  bool Next(uint8_t* what, std::string_view* text) {
    if (data_.size() < 2) return false;
    *what = static_cast<uint8_t>(data_[0]);
    size_t length = std::min<size_t>(static_cast<uint8_t>(data_[1]), data_.size() - 2);
    *text = data_.substr(2, length);
    data_.remove_prefix(2 + length);
    return true;
  }

 private:
  std::string_view data_;
};

void CheckList(const std::map<std::string, std::string>& model, std::string_view prefix, std::string after,
               int64_t limit) {
  auto page = Store::List(File(), {.prefix = std::string(prefix), .limit = limit, .after = after}, 0);
  Require(page.has_value(), "a list");
  std::vector<std::string> expected;
  for (const auto& [key, value] : model) {
    if (key.starts_with(prefix) && key > after) expected.push_back(key);
  }
  Require(page->complete == (static_cast<int64_t>(expected.size()) <= limit), "whether a list is complete");
  if (!page->complete) expected.resize(static_cast<size_t>(limit));
  Require(std::ranges::equal(page->keys, expected, {}, &ListedKey::name), "the keys of a list");
}

void CheckKeys(const uint8_t* data, size_t size) {
  auto transaction = sqlite::Transaction::BeginWrite(File());
  Require(transaction.has_value(), "a transaction");
  std::map<std::string, std::string> model;
  Reader reader(data, size);
  uint8_t what = 0;
  std::string_view text;
  std::string last;
  while (reader.Next(&what, &text)) {
    // What is no key is refused before it comes to the file.
    if (!IsUtf8(text) || CheckKey(kPut, text)) continue;
    const std::string key(text);
    switch (what % 4) {
      case 0: {
        Value value;
        value.head = "value of " + key;
        Require(Store::Write(File(), key, value).has_value(), "a write");
        model[key] = value.head;
        break;
      }
      case 1:
        Require(Store::Delete(File(), key).has_value(), "a delete");
        model.erase(key);
        break;
      case 2: {
        auto read = Store::Read(File(), key, UINT64_MAX);
        auto found = model.find(key);
        Require(read.has_value() && (*read != nullptr) == (found != model.end()), "a read");
        if (found != model.end()) Require((*read)->head == found->second, "a value");
        break;
      }
      case 3:
        CheckList(model, text, what & 4 ? last : "", 1 + what / 16);
        CheckList(model, "", key, 1 + what / 16);
        break;
    }
    Require(DecodeCursor(EncodeCursor(key)) == key, "a cursor");
    last = key;
  }
  CheckList(model, "", "", 1000);
  transaction->Rollback();
}

}  // namespace
}  // namespace verge::kv

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  verge::kv::CheckCursor({reinterpret_cast<const char*>(data), size});
  verge::kv::CheckKeys(data, size);
  return 0;
}
