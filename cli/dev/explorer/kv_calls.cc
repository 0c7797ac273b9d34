// Keys and values: what the page shows and changes of KV namespaces. The rules are those of the worker's own calls.
#include <format>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/dev/explorer/calls.h"
#include "cli/dev/explorer/json_text.h"
#include "kv/rules.h"

namespace verge::cli {
namespace {

// A value that is longer is not shown: the page would not show it well.
constexpr uint64_t kMaxShown = 2 << 20;

std::shared_ptr<kv::Namespace> NamespaceOf(Call* call, const config::Value& parameters) {
  const auto worker = FindWorker(call, parameters);
  if (!worker) return nullptr;
  const auto* binding = FindBinding(*worker, worker->kv, call, parameters);
  return binding ? call->subject().kv.Open(binding->id, binding->space) : nullptr;
}

// Null: the call has been failed.
const std::string* KeyOf(Call* call, const config::Value& parameters, std::string_view operation) {
  const std::string* key = TextParameter(parameters, "key");
  if (!key) {
    call->Fail(400, "\"key\" is missing");
    return nullptr;
  }
  if (auto refused = kv::CheckKey(operation, *key)) {
    call->Fail(422, refused->message);
    return nullptr;
  }
  return key;
}

std::string MetadataJson(bool has, const std::string& metadata) { return has ? JsonText(metadata) : "null"; }

std::string ExpirationJson(int64_t expiration) { return expiration == 0 ? "null" : std::to_string(expiration); }

std::string PageJson(const kv::ListPage& page) {
  std::string out = "{\"keys\":[";
  std::string_view separator;
  for (const kv::ListedKey& key : page.keys) {
    out += std::format("{}{{\"name\":{},\"expiration\":{},\"metadata\":{}}}", separator, JsonText(key.name),
                       ExpirationJson(key.expiration), MetadataJson(key.has_metadata, key.metadata));
    separator = ",";
  }
  return out + (page.complete ? "],\"complete\":true}" : "],\"complete\":false}");
}

std::string ValueJson(const kv::ValuePtr& value, int64_t now) {
  if (!value || value->expired(now)) return "{\"found\":false}";
  std::string out = std::format("{{\"found\":true,\"size\":{},\"metadata\":{},\"expiration\":{}", value->size(),
                                MetadataJson(value->has_metadata, value->metadata), ExpirationJson(value->expiration));
  out += value->size() > kMaxShown ? ",\"tooLarge\":true" : JsonBytesMember(value->Join());
  return out + "}";
}

// For writes: when the change is on the disk.
auto WriteDone(Call* call) {
  return [call](sqlite::Result<> written) {
    if (written) {
      call->Answer("{}");
    } else {
      call->Fail(422, written.error().message);
    }
  };
}

}  // namespace

void ListKeys(Call* call, const config::Value& parameters) {
  auto name_space = NamespaceOf(call, parameters);
  if (!name_space) return;
  kv::ListRequest request;
  if (const std::string* prefix = TextParameter(parameters, "prefix")) request.prefix = *prefix;
  if (const std::string* after = TextParameter(parameters, "after")) request.after = *after;
  if (const config::Value* limit = parameters.Find("limit")) request.limit = limit->AsInteger().value_or(0);
  if (auto refused = kv::CheckList(request.limit, request.prefix)) return call->Fail(422, refused->message);
  if (request.limit <= 0) request.limit = kv::kMaxListKeys;
  name_space->List(std::move(request), [call](sqlite::Result<kv::ListPage> page, int64_t) {
    if (page) {
      call->Answer(PageJson(*page));
    } else {
      call->Fail(422, page.error().message);
    }
  });
}

void GetKey(Call* call, const config::Value& parameters) {
  auto name_space = NamespaceOf(call, parameters);
  if (!name_space) return;
  const std::string* key = KeyOf(call, parameters, kv::kGet);
  if (!key) return;
  name_space->Get({*key}, kv::kMaxValueBytes,
                  [call, now = name_space->Now()](sqlite::Result<std::vector<kv::ValuePtr>> values, int64_t) {
                    if (values) {
                      call->Answer(ValueJson(values->front(), now));
                    } else {
                      call->Fail(422, values.error().message);
                    }
                  });
}

void PutKey(Call* call, const config::Value& parameters) {
  auto name_space = NamespaceOf(call, parameters);
  if (!name_space) return;
  const std::string* key = KeyOf(call, parameters, kv::kPut);
  if (!key) return;
  auto value = std::make_shared<kv::Value>();
  std::string bytes;
  if (const std::string* text = TextParameter(parameters, "text")) {
    bytes = *text;
  } else if (const std::string* base64 = TextParameter(parameters, "base64")) {
    if (!FromBase64(*base64, &bytes)) return call->Fail(400, "\"base64\" is not base64");
  } else {
    return call->Fail(400, "the value is missing: \"text\" or \"base64\"");
  }
  if (auto refused = kv::CheckValueSize(bytes.size())) return call->Fail(422, refused->message);
  value->Append(bytes);
  if (const std::string* metadata = TextParameter(parameters, "metadata")) {
    // As one member of an object: metadata may be any JSON.
    if (auto parsed = config::ReadJsonc("{\"m\":\n" + *metadata + "\n}", "the metadata");
        !parsed || parsed->root.members.size() != 1 || !parsed->root.members[0].value.ToJson()) {
      return call->Fail(422, "the metadata is not JSON");
    } else {
      value->metadata = *parsed->root.members[0].value.ToJson();
    }
    if (auto refused = kv::CheckMetadata(value->metadata)) return call->Fail(422, refused->message);
    value->has_metadata = true;
  }
  std::optional<int64_t> expiration;
  if (const config::Value* given = parameters.Find("expiration")) expiration = given->AsInteger();
  auto resolved = kv::ResolveExpiration(name_space->Now(), expiration, std::nullopt);
  if (!resolved) return call->Fail(422, resolved.error().message);
  value->expiration = *resolved;
  if (auto started = name_space->Put(*key, std::move(value), WriteDone(call)); !started) {
    call->Fail(422, started.error().message);
  }
}

void DeleteKey(Call* call, const config::Value& parameters) {
  auto name_space = NamespaceOf(call, parameters);
  if (!name_space) return;
  const std::string* key = KeyOf(call, parameters, kv::kDelete);
  if (!key) return;
  if (auto started = name_space->Delete({*key}, WriteDone(call)); !started) call->Fail(422, started.error().message);
}

}  // namespace verge::cli
