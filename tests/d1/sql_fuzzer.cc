// Feeds SQL and parameters to a database as a worker could: splitting, the authorizer, the encoding of rows, batches.
// In memory-backed scratch files, with short limits. Built with `tools/build fuzz sql_fuzzer`.
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "d1/service.h"
#include "d1/sql_text.h"

namespace {

using namespace verge;

class Waiting final : public d1::Operation {
 public:
  void OnDone() override {
    std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
};

d1::Service& TheService() {
  static auto* directory = [] {
    std::string pattern = "/dev/shm/d1-fuzz-XXXXXX";
    return new sqlite::StateDirectory(::mkdtemp(pattern.data()));
  }();
  static auto* service = [] {
    d1::Limits limits;
    limits.query_time = std::chrono::milliseconds(100);
    limits.result_bytes = 1 << 20;
    return new d1::Service(*directory, limits);
  }();
  return *service;
}

// The text up to the first zero byte is SQL; what follows are parameters, a kind and a length each.
d1::Value NextValue(std::string_view* rest) {
  if (rest->size() < 2) return {};
  const auto kind = static_cast<unsigned char>((*rest)[0]) % 4;
  const size_t size = std::min<size_t>(static_cast<unsigned char>((*rest)[1]), rest->size() - 2);
  std::string bytes(rest->substr(2, size));
  rest->remove_prefix(2 + size);
  switch (kind) {
    case 0:
      return {};
    case 1:
      return static_cast<double>(size) - 100.5;
    case 2:
      return bytes;
    default:
      return d1::Blob{std::move(bytes)};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t zero = std::min(input.find('\0'), input.size());
  const std::string sql(input.substr(0, zero));
  std::string_view rest = input.substr(std::min(zero + 1, input.size()));
  auto database = TheService().Get("fuzz");
  auto operation = std::make_shared<Waiting>();
  if (size % 3 == 0) {
    operation->is_exec = true;
    for (const d1::ExecPiece& piece : d1::SplitLines(sql)) operation->queries.push_back({std::string(piece.text), {}});
    if (operation->queries.empty()) return 0;
  } else {
    d1::Query query{sql, {}};
    while (!rest.empty() && query.params.size() < 10) query.params.push_back(NextValue(&rest));
    d1::ResultSet result;
    (void)database->TryInline(query, &result);
    operation->queries.push_back(std::move(query));
  }
  database->Start(operation);
  operation->Wait();
  for (const d1::ResultSet& result : operation->results) {
    d1::RowReader reader(result.rows);
    for (size_t i = 0; i < result.rows.rows() * result.columns->names.size(); ++i) (void)reader.Next();
  }
  return 0;
}
