#include "cli/kv/kv_command.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <format>
#include <memory>
#include <utility>

#include "cli/kv/json_output.h"
#include "cli/kv/kv_target.h"
#include "cli/options/options.h"
#include "cli/read_input.h"
#include "config/problem.h"
#include "kv/rules.h"
#include "kv/service.h"
#include "sqlite/state_directory.h"
#include "sqlite/thread_pool.h"

namespace verge::cli {
namespace {

using config::JsonString;
using config::Printable;

int Usage(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::fprintf(stderr, "verge: %s\n", line.c_str());
  return kUsageExitCode;
}

bool WriteOut(std::string_view bytes) { return std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size(); }

// Whether all of it arrived: a full disk behind a redirection is no success.
int Flushed(bool written) {
  if (written && std::fflush(stdout) == 0) return 0;
  return KvFail(std::format("cannot write to standard output: {}", std::strerror(errno)));
}

int Put(kv::Namespace& name_space, const KvTarget& target, const KvOptions& options) {
  auto value = std::make_shared<kv::Value>();
  if (options.path) {
    auto content = KvReadFile(*options.path, kv::kMaxValueBytes + 1);
    if (!content) return KvFail(content.error());
    value->head = *std::move(content);
  } else {
    value->head = *options.value;
  }
  if (auto refusal = kv::CheckKey(kv::kPut, options.key)) return KvFail(refusal->message);
  auto expiration = kv::ResolveExpiration(name_space.Now(), options.expiration, options.ttl);
  if (!expiration) return KvFail(expiration.error().message);
  value->expiration = *expiration;
  if (!options.metadata.empty()) {
    value->metadata = options.metadata;
    value->has_metadata = true;
    if (auto refusal = kv::CheckMetadata(value->metadata)) return KvFail(refusal->message);
  }
  if (auto refusal = kv::CheckValueSize(value->size())) return KvFail(refusal->message);

  const std::string metadata = options.metadata.empty() ? "" : std::format(" with metadata \"{}\"", options.metadata);
  if (options.path) {
    std::printf("Writing the contents of %s to the key \"%s\" on namespace %s%s.\n", Printable(*options.path).c_str(),
                Printable(options.key).c_str(), target.shown.c_str(), metadata.c_str());
  } else {
    std::printf("Writing the value \"%s\" to key \"%s\" on namespace %s%s.\n", Printable(*options.value).c_str(),
                Printable(options.key).c_str(), target.shown.c_str(), metadata.c_str());
  }
  auto written = kv::Namespace::Wait(
      [&](kv::Namespace::WriteDone done) { return name_space.Put(options.key, std::move(value), std::move(done)); });
  if (!written) return KvFail(written.error().message);
  return Flushed(true);
}

int Get(kv::Namespace& name_space, const KvOptions& options) {
  if (auto refusal = kv::CheckKey(kv::kGet, options.key)) return KvFail(refusal->message);
  auto values = name_space.GetNow({&options.key, 1}, UINT64_MAX);
  if (!values) return KvFail(values.error().message);
  const kv::ValuePtr& value = (*values)[0];
  if (!value) {
    std::fputs("Value not found\n", stderr);
    return kKvFailed;
  }
  bool written = WriteOut(value->head);
  for (const std::string& piece : value->rest) written = written && WriteOut(piece);
  if (options.text) written = written && WriteOut("\n");
  return Flushed(written);
}

int List(kv::Namespace& name_space, const KvOptions& options) {
  kv::ListRequest request;
  request.prefix = options.prefix;
  if (auto refusal = kv::CheckList(0, request.prefix)) return KvFail(refusal->message);
  bool written = true;
  bool first = true;
  for (;;) {
    auto page = name_space.ListNow(request);
    if (!page) return KvFail(page.error().message);
    std::string out;
    for (const kv::ListedKey& key : page->keys) {
      out += first ? "[\n  {\n" : ",\n  {\n";
      first = false;
      out += std::format("    \"name\": {}", JsonString(key.name));
      if (key.expiration != 0) out += std::format(",\n    \"expiration\": {}", key.expiration);
      if (key.has_metadata) {
        out += ",\n    \"metadata\": ";
        if (auto parsed = ParseJsonText(key.metadata, "metadata")) {
          AppendPretty(*parsed, 4, &out);
        } else {
          out += key.metadata;
        }
      }
      out += "\n  }";
    }
    written = written && WriteOut(out);
    if (page->complete || !written) break;
    request.after = page->keys.back().name;
  }
  return Flushed(written && WriteOut(first ? "[]\n" : "\n]\n"));
}

int Delete(kv::Namespace& name_space, const KvTarget& target, const KvOptions& options) {
  if (auto refusal = kv::CheckKey(kv::kDelete, options.key)) return KvFail(refusal->message);
  std::printf("Deleting the key \"%s\" on namespace %s.\n", Printable(options.key).c_str(), target.shown.c_str());
  auto deleted = kv::Namespace::Wait(
      [&](kv::Namespace::WriteDone done) { return name_space.Delete({options.key}, std::move(done)); });
  if (!deleted) return KvFail(deleted.error().message);
  return Flushed(true);
}

int ListNamespaces(kv::Service& service, const KvTarget& target) {
  std::string out;
  auto add = [&](const std::string& id, const std::string& title) {
    out += std::format("{}  {{\n    \"id\": {},\n    \"title\": {}\n  }}", out.empty() ? "[\n" : ",\n", JsonString(id),
                       JsonString(title));
  };
  std::vector<std::string> ids = service.Ids();
  for (const config::KvNamespace& each : target.configured) {
    add(each.id, each.binding);
    std::erase(ids, each.id);
    if (each.preview_id.empty() || each.preview_id == each.id) continue;
    add(each.preview_id, each.binding + "_preview");
    std::erase(ids, each.preview_id);
  }
  for (const std::string& id : ids) add(id, id);
  return Flushed(WriteOut(out.empty() ? "[]\n" : out + "\n]\n"));
}

}  // namespace

int KvFail(std::string_view message) {
  std::fflush(stdout);
  std::fprintf(stderr, "verge: %.*s\n", static_cast<int>(message.size()), message.data());
  return kKvFailed;
}

std::expected<std::string, std::string> KvReadFile(const std::string& path, size_t max) {
  return ReadInput(path, max).transform_error(
      [&](int error) { return std::format("{}: cannot be read: {}", Printable(path), std::strerror(error)); });
}

int Kv(std::span<const char* const> args) {
  auto options = ParseKv(args);
  if (!options) {
    std::fprintf(stderr, "%s\n", options.error().c_str());
    return kUsageExitCode;
  }
  if (options->command == KvCommand::kHelp) {
    std::fputs(KvHelp(options->help_about).c_str(), stdout);
    return 0;
  }
  for (const std::string* text : {&options->key, &options->prefix}) {
    if (!kv::IsUtf8(*text)) return Usage({"keys are UTF-8: this one is not"});
  }
  auto target = FindKvTarget(*options);
  if (!target) return Usage(target.error());

  const sqlite::StateDirectory directory(target->data);
  sqlite::ThreadPool commits(1, "commit");
  sqlite::ThreadPool reads(1, "read");
  kv::ServiceOptions service_options;
  service_options.sweep_interval = std::chrono::milliseconds(0);
  kv::Service service(directory, commits, reads, service_options);
  if (options->command == KvCommand::kNamespaceList) return ListNamespaces(service, *target);
  std::shared_ptr<kv::Namespace> name_space = service.Open(target->id);
  switch (options->command) {
    case KvCommand::kKeyPut:
      return Put(*name_space, *target, *options);
    case KvCommand::kKeyGet:
      return Get(*name_space, *options);
    case KvCommand::kKeyList:
      return List(*name_space, *options);
    case KvCommand::kKeyDelete:
      return Delete(*name_space, *target, *options);
    case KvCommand::kBulkPut:
      return KvBulkPut(*name_space, *options);
    case KvCommand::kBulkGet:
      return KvBulkGet(*name_space, *options);
    case KvCommand::kBulkDelete:
      return KvBulkDelete(*name_space, *options);
    case KvCommand::kHelp:
    case KvCommand::kNamespaceList:
      break;
  }
  return 0;
}

}  // namespace verge::cli
