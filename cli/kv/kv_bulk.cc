// `verge kv bulk`: many keys from a JSON file.
#include <simdutf.h>
#include <unistd.h>

#include <cstdio>
#include <format>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/kv/json_output.h"
#include "cli/kv/kv_command.h"
#include "cli/options/options.h"
#include "config/problem.h"
#include "kv/rules.h"

namespace verge::cli {
namespace {

using config::JsonString;
using config::Quoted;
using config::Value;
using Kind = config::Value::Kind;

// What one file may have, as the original takes it.
constexpr size_t kMaxFile = 200 << 20;
// What one transaction takes.
constexpr size_t kStepKeys = 1'000;
constexpr size_t kStepBytes = 16 << 20;
constexpr size_t kMaxErrors = 12;

std::string Place(const std::string& file, const Value& value) {
  return config::Problem{file, std::max(value.at.line - 1, 0), value.at.column, ""}.ToString();
}

class Errors {
 public:
  explicit Errors(const std::string& file) : file_(file) {}
  void Add(const Value& at, std::string_view message) {
    if (++count_ <= kMaxErrors) {
      std::fprintf(stderr, "verge: %s%.*s\n", Place(file_, at).c_str(), static_cast<int>(message.size()),
                   message.data());
    }
  }
  [[nodiscard]] bool any() const { return count_ > 0; }
  // What is left to say.
  int Finish() const {
    if (count_ > kMaxErrors) std::fprintf(stderr, "verge: … and %zu more errors\n", count_ - kMaxErrors);
    return kUsageExitCode;
  }

 private:
  const std::string& file_;
  size_t count_ = 0;
};

// The file's array. Not: it was told why.
std::optional<Value> ReadArray(const std::string& path, std::string_view right) {
  auto text = KvReadFile(path, kMaxFile + 1);
  if (!text) {
    KvFail(text.error());
    return std::nullopt;
  }
  if (text->size() > kMaxFile) {
    KvFail(std::format("{}: longer than {} bytes", path, kMaxFile));
    return std::nullopt;
  }
  auto value = ParseJsonText(*text, path);
  if (!value) {
    KvFail(value.error().ToString());
    return std::nullopt;
  }
  if (!value->Is(Kind::kArray)) {
    KvFail(std::format("{}: expected {}; found {}", path, right, value->Describe()));
    return std::nullopt;
  }
  return *std::move(value);
}

// The keys of an array of strings, or of objects with `name`.
std::optional<std::vector<std::string>> ReadKeys(const std::string& path, std::string_view operation, int* code) {
  constexpr std::string_view kRight = "an array of strings, or of objects with \"name\"";
  *code = kUsageExitCode;
  auto array = ReadArray(path, kRight);
  if (!array) return std::nullopt;
  Errors errors(path);
  std::vector<std::string> keys;
  for (Value& item : array->items) {
    const Value* name = item.Is(Kind::kTable) ? item.Find("name") : &item;
    if (name == nullptr || !name->Is(Kind::kString)) {
      errors.Add(item, std::format("expected {}; found {}", kRight, item.Describe()));
    } else if (auto refusal = kv::CheckBulkKey(operation, name->text)) {
      errors.Add(item, refusal->message);
    } else {
      keys.push_back(name->text);
    }
  }
  if (!errors.any()) return keys;
  *code = errors.Finish();
  return std::nullopt;
}

// One item of a bulk put; null: it was told what is wrong.
std::shared_ptr<kv::Value> ReadEntry(const Value& item, int64_t now, Errors* errors, std::string* key) {
  auto fail = [&](const Value& at, std::string_view message) {
    errors->Add(at, message);
    return nullptr;
  };
  if (!item.Is(Kind::kTable)) {
    return fail(item, std::format("expected an object with \"key\" and \"value\"; found {}", item.Describe()));
  }
  const Value* name = item.Find("key");
  const Value* text = item.Find("value");
  if (name == nullptr || !name->Is(Kind::kString)) return fail(item, "\"key\" must be a string");
  if (text == nullptr || !text->Is(Kind::kString)) return fail(item, "\"value\" must be a string");
  if (auto refusal = kv::CheckKey(kv::kPut, name->text)) return fail(item, refusal->message);
  *key = name->text;
  auto value = std::make_shared<kv::Value>();
  std::optional<int64_t> times[2];
  constexpr std::string_view kTimes[] = {"expiration", "expiration_ttl"};
  for (size_t i = 0; i < 2; ++i) {
    const Value* time = item.Find(kTimes[i]);
    if (time == nullptr) continue;
    times[i] = time->AsInteger();
    if (!times[i]) return fail(*time, std::format("\"{}\" must be a whole number", kTimes[i]));
  }
  auto expiration = kv::ResolveExpiration(now, times[0], times[1]);
  if (!expiration) return fail(item, expiration.error().message);
  value->expiration = *expiration;
  if (const Value* metadata = item.Find("metadata"); metadata != nullptr && !metadata->Is(Kind::kNull)) {
    auto json = metadata->ToJson();
    if (!json) return fail(*metadata, "\"metadata\" must be JSON");
    if (auto refusal = kv::CheckMetadata(*json)) return fail(*metadata, refusal->message);
    value->metadata = *std::move(json);
    value->has_metadata = true;
  }
  const Value* base64 = item.Find("base64");
  if (base64 != nullptr && !base64->Is(Kind::kBoolean)) return fail(*base64, "\"base64\" must be true or false");
  if (base64 != nullptr && base64->boolean) {
    std::string bytes(simdutf::maximal_binary_length_from_base64(text->text.data(), text->text.size()), '\0');
    auto result = simdutf::base64_to_binary(text->text.data(), text->text.size(), bytes.data());
    if (result.error != simdutf::error_code::SUCCESS) return fail(*text, "\"value\" is not base64");
    bytes.resize(result.count);
    value->head = std::move(bytes);
  } else {
    value->head = text->text;
  }
  if (auto refusal = kv::CheckValueSize(value->head.size())) return fail(*text, refusal->message);
  return value;
}

}  // namespace

int KvBulkPut(kv::Namespace& name_space, const KvOptions& options) {
  auto array = ReadArray(options.key, "an array of objects with \"key\" and \"value\"");
  if (!array) return kUsageExitCode;
  Errors errors(options.key);
  std::vector<std::pair<std::string, kv::ValuePtr>> entries;
  const int64_t now = name_space.Now();
  for (Value& item : array->items) {
    std::string key;
    if (auto value = ReadEntry(item, now, &errors, &key)) entries.emplace_back(std::move(key), std::move(value));
    item = Value();
  }
  if (errors.any()) return errors.Finish();
  for (size_t next = 0; next < entries.size();) {
    std::vector<std::pair<std::string, kv::ValuePtr>> step;
    size_t bytes = 0;
    while (next < entries.size() && step.size() < kStepKeys && bytes < kStepBytes) {
      bytes += entries[next].second->size();
      step.push_back(std::move(entries[next++]));
    }
    auto written = kv::Namespace::Wait(
        [&](kv::Namespace::WriteDone done) { return name_space.PutMany(std::move(step), std::move(done)); });
    if (!written) return KvFail(written.error().message);
  }
  std::printf("Success!\n");
  return 0;
}

int KvBulkGet(kv::Namespace& name_space, const KvOptions& options) {
  int code = 0;
  auto keys = ReadKeys(options.key, kv::kGetBulk, &code);
  if (!keys) return code;
  std::fputs("{", stdout);
  bool first = true;
  for (const std::string& key : *keys) {
    auto values = name_space.GetNow({&key, 1}, UINT64_MAX);
    if (!values) return KvFail(values.error().message);
    const kv::ValuePtr& value = (*values)[0];
    std::string text = "null";
    if (value) {
      std::string bytes = value->Join();
      // JSON is text: what is not UTF-8 cannot be in it as it is.
      if (!kv::IsUtf8(bytes)) {
        return KvFail(std::format("the value of {} is not text; read it with verge kv key get", Quoted(key)));
      }
      text = JsonString(bytes);
    }
    std::printf("%s\n  %s: {\n    \"value\": ", first ? "" : ",", JsonString(key).c_str());
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fputs("\n  }", stdout);
    first = false;
  }
  std::fputs(first ? "}\n" : "\n}\n", stdout);
  return std::fflush(stdout) == 0 ? 0 : KvFail("cannot write to standard output");
}

int KvBulkDelete(kv::Namespace& name_space, const KvOptions& options) {
  int code = 0;
  auto keys = ReadKeys(options.key, kv::kDelete, &code);
  if (!keys) return code;
  if (!options.force && ::isatty(STDIN_FILENO)) {
    std::printf("Delete %zu keys of namespace %s? [y/N] ", keys->size(), name_space.id().c_str());
    std::fflush(stdout);
    const int answer = std::getchar();
    if (answer != 'y' && answer != 'Y') {
      std::printf("Nothing was deleted.\n");
      return kKvFailed;
    }
  }
  for (size_t next = 0; next < keys->size(); next += kStepKeys) {
    auto begin = keys->begin() + static_cast<ptrdiff_t>(next);
    auto end = keys->begin() + static_cast<ptrdiff_t>(std::min(next + kStepKeys, keys->size()));
    auto deleted = kv::Namespace::Wait([&](kv::Namespace::WriteDone done) {
      return name_space.Delete(std::vector<std::string>(begin, end), std::move(done));
    });
    if (!deleted) return KvFail(deleted.error().message);
  }
  std::printf("Success!\n");
  return 0;
}

}  // namespace verge::cli
