#include "bindings/kv/kv_namespace.h"

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "bindings/core/invocation_scope.h"
#include "bindings/fetch/body.h"
#include "bindings/kv/kv_arguments.h"
#include "bindings/kv/kv_operation.h"
#include "bindings/kv/kv_put_stream.h"
#include "bindings/kv/kv_results.h"
#include "kv/cursor.h"
#include "kv/rules.h"

namespace verge::bindings {
namespace {

using Local = v8::Local<v8::Value>;

constexpr char kBodyMessage[] =
    "KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.";

Result<Local> Resolved(Cx& cx, Result<Local> value) {
  if (!value) return value;
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(cx.context).ToLocal(&resolver)) return Pending();
  if (resolver->Resolve(cx.context, *value).IsNothing()) return Pending();
  return resolver->GetPromise().As<v8::Value>();
}

std::unexpected<Error> Refuse(kv::Refusal refusal) { return std::unexpected(ToError(std::move(refusal))); }

// Every operation counts as one, however many keys it has.
Result<> Count(runtime::Invocation* invocation) {
  if (auto counted = invocation->CountServiceCall(); !counted) return PlainError(std::move(counted).error());
  return {};
}

// A read that was settled in place: in less time than it takes to read a clock.
void CountInPlace(Cx& cx) {
  if (auto* meter = runtime::WorkerMeter::Of(cx.isolate)) {
    meter->storage[static_cast<size_t>(runtime::StorageKind::kKvRead)].Add(0);
  }
}

// What an operation needs to begin.
struct Call {
  runtime::Invocation* invocation;
  KvNamespace* self;
};

Result<Call> Begin(Cx& cx) {
  auto* self = UnwrapChecked<KvNamespace>(cx.self);
  if (!self) return TypeError("Illegal invocation");
  auto invocation = RequireInvocation(cx);
  if (!invocation) return std::unexpected(std::move(invocation).error());
  return Call{*invocation, self};
}

struct ReadOptions {
  std::optional<std::string> type;
  std::optional<KvInt> cache_ttl;
};

ReadOptions Unpack(KvGetArgument argument) {
  if (!argument) return {};
  if (auto* type = std::get_if<std::string>(&*argument)) return {std::move(*type), {}};
  auto& options = std::get<KvGetOptions>(*argument);
  return {std::move(options.type), options.cache_ttl};
}

}  // namespace

struct KvNamespace::Members {
  static Result<Local> GetOne(Cx& cx, Call& call, std::string key, ReadOptions options, bool with_metadata) {
    if (auto refusal = kv::CheckKey(kv::kGet, key)) return Refuse(*std::move(refusal));
    if (auto counted = Count(call.invocation); !counted) return std::unexpected(std::move(counted).error());
    if (options.cache_ttl) {
      if (auto refusal = kv::CheckCacheTtl(kv::kGet, options.cache_ttl->value)) return Refuse(*std::move(refusal));
    }
    KvType type = ParseKvType(options.type);
    auto make = [type, with_metadata](Cx& cx, kv::ValuePtr value) {
      return with_metadata ? KvValueWithMetadataToJs(cx, std::move(value), type)
                           : KvValueToJs(cx, std::move(value), type);
    };
    kv::Namespace& name_space = *call.self->namespace_;
    kv::ValuePtr known;
    if (name_space.TryGet(key, &known)) {
      CountInPlace(cx);
      return Resolved(cx, make(cx, std::move(known)));
    }
    std::vector<std::string> keys;
    keys.push_back(std::move(key));
    return KvRead(cx, call.invocation, name_space, kv::kGet, std::move(keys), UINT64_MAX,
                  [make](Cx& cx, std::vector<kv::ValuePtr> values) { return make(cx, std::move(values[0])); });
  }

  static Result<Local> GetMany(Cx& cx, Call& call, KvKeys keys, ReadOptions options, bool with_metadata) {
    if (auto counted = Count(call.invocation); !counted) return std::unexpected(std::move(counted).error());
    KvType type = ParseKvType(options.type);
    if (type != KvType::kText && type != KvType::kJson && !options.type->empty()) {
      return Refuse(
          kv::Failed(kv::kGetBulk, 400, "\"" + *options.type + "\" is not a valid type. Use \"json\" or \"text\""));
    }
    if (type == KvType::kUnknown) type = KvType::kText;  // ""
    if (auto refusal = kv::CheckBulkCount(kv::kGetBulk, keys.count)) return Refuse(*std::move(refusal));
    for (const std::string& key : keys.keys) {
      if (auto refusal = kv::CheckBulkKey(kv::kGetBulk, key)) return Refuse(*std::move(refusal));
      if (options.cache_ttl) {
        if (auto refusal = kv::CheckCacheTtl(kv::kGetBulk, options.cache_ttl->value)) {
          return Refuse(*std::move(refusal));
        }
      }
    }
    kv::Namespace& name_space = *call.self->namespace_;
    std::vector<kv::ValuePtr> values(keys.keys.size());
    uint64_t bytes = 0;
    bool all_known = true;
    for (size_t i = 0; i < values.size() && all_known; ++i) {
      all_known = name_space.TryGet(keys.keys[i], &values[i]);
      if (values[i]) bytes += values[i]->size();
    }
    if (all_known && bytes <= kv::kMaxBulkBytes) {
      CountInPlace(cx);
      return Resolved(cx, KvValuesToJs(cx, keys.keys, values, type, with_metadata));
    }
    // All of them in one view of the namespace.
    std::vector<std::string> copy = keys.keys;
    return KvRead(cx, call.invocation, name_space, kv::kGetBulk, std::move(copy), kv::kMaxBulkBytes,
                  [type, with_metadata, keys = std::move(keys.keys)](Cx& cx, std::vector<kv::ValuePtr> values) {
                    return KvValuesToJs(cx, keys, values, type, with_metadata);
                  });
  }

  static Result<Local> Read(Cx& cx, KvKeys keys, KvGetArgument argument, bool with_metadata) {
    auto call = Begin(cx);
    if (!call) return std::unexpected(std::move(call).error());
    ReadOptions options = Unpack(std::move(argument));
    if (keys.many) return GetMany(cx, *call, std::move(keys), std::move(options), with_metadata);
    return GetOne(cx, *call, std::move(keys.keys[0]), std::move(options), with_metadata);
  }
  static Result<Local> Get(Cx& cx, KvKeys keys, KvGetArgument options) {
    return Read(cx, std::move(keys), std::move(options), false);
  }
  static Result<Local> GetWithMetadata(Cx& cx, KvKeys keys, KvGetArgument options) {
    return Read(cx, std::move(keys), std::move(options), true);
  }

  static Result<Local> Put(Cx& cx, std::string key, KvBody body, std::optional<KvPutOptions> options) {
    auto call = Begin(cx);
    if (!call) return std::unexpected(std::move(call).error());
    if (auto refusal = kv::CheckKey(kv::kPut, key)) return Refuse(*std::move(refusal));
    auto value = std::make_shared<kv::Value>();
    if (options && !options->metadata.IsEmpty()) {
      v8::Local<v8::String> json;
      if (!v8::JSON::Stringify(cx.context, options->metadata).ToLocal(&json)) return Pending();
      value->metadata = ToUtf8(cx.isolate, json);
      value->has_metadata = true;
    }
    Local from = body.value;
    bool is_bytes = from->IsArrayBuffer() || from->IsArrayBufferView();
    bool is_stream = false;
    if (from->IsArrayBufferView()) {
      // A small one may have its bytes in V8's heap still: it is not shared, and asking for its buffer would move them.
      auto view = from.As<v8::ArrayBufferView>();
      if (view->HasBuffer() && view->Buffer().As<v8::Value>()->IsSharedArrayBuffer()) return TypeError(kBodyMessage);
    }
    if (!from->IsString() && !is_bytes) {
      auto stream = IsReadableStream(cx, from);
      if (!stream) return std::unexpected(std::move(stream).error());
      is_stream = *stream;
      if (!is_stream) return TypeError(kBodyMessage);
    }
    if (auto counted = Count(call->invocation); !counted) return std::unexpected(std::move(counted).error());

    kv::Namespace& name_space = *call->self->namespace_;
    if (options) {
      auto number = [](const std::optional<KvInt>& from) {
        return from ? std::optional<int64_t>(from->value) : std::nullopt;
      };
      auto expiration =
          kv::ResolveExpiration(name_space.Now(), number(options->expiration), number(options->expiration_ttl));
      if (!expiration) return Refuse(std::move(expiration).error());
      value->expiration = *expiration;
    }
    if (value->has_metadata) {
      // What has no JSON text (a function, a symbol) comes out as this.
      if (value->metadata == "undefined") return Refuse(kv::Failed(kv::kPut, 400, "Metadata must be valid JSON."));
      if (auto refusal = kv::CheckMetadata(value->metadata)) return Refuse(*std::move(refusal));
    }
    if (is_stream) {
      return KvPutStream(cx, call->invocation, call->self->namespace_, std::move(key), std::move(value),
                         from.As<v8::Object>());
    }
    if (is_bytes) {
      std::span<const uint8_t> bytes = BufferSource{from}.bytes();
      if (auto refusal = kv::CheckValueSize(bytes.size())) return Refuse(*std::move(refusal));
      value->head.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    } else {
      v8::Local<v8::String> text = from.As<v8::String>();
      // Asked first: a text that is too long is not copied to find that out.
      if (auto refusal = kv::CheckValueSize(text->Utf8LengthV2(cx.isolate))) return Refuse(*std::move(refusal));
      AppendUtf8(cx.isolate, text, &value->head);
    }
    return KvWrite(cx, call->invocation, kv::kPut, [&](kv::Namespace::WriteDone done) {
      return name_space.Put(std::move(key), std::move(value), std::move(done));
    });
  }

  static Result<Local> Delete(Cx& cx, std::string key) {
    auto call = Begin(cx);
    if (!call) return std::unexpected(std::move(call).error());
    if (auto refusal = kv::CheckKey(kv::kDelete, key)) return Refuse(*std::move(refusal));
    std::vector<std::string> keys;
    keys.push_back(std::move(key));
    return DeleteKeys(cx, *call, std::move(keys));
  }

  static Result<Local> DeleteBulk(Cx& cx, KvKeys keys) {
    auto call = Begin(cx);
    if (!call) return std::unexpected(std::move(call).error());
    if (auto refusal = kv::CheckBulkCount(kv::kDelete, keys.count)) return Refuse(*std::move(refusal));
    for (const std::string& key : keys.keys) {
      if (auto refusal = kv::CheckBulkKey(kv::kDelete, key)) return Refuse(*std::move(refusal));
    }
    return DeleteKeys(cx, *call, std::move(keys.keys));
  }

  static Result<Local> DeleteKeys(Cx& cx, Call& call, std::vector<std::string> keys) {
    if (auto counted = Count(call.invocation); !counted) return std::unexpected(std::move(counted).error());
    kv::Namespace& name_space = *call.self->namespace_;
    return KvWrite(cx, call.invocation, kv::kDelete,
                   [&](kv::Namespace::WriteDone done) { return name_space.Delete(std::move(keys), std::move(done)); });
  }

  static Result<Local> List(Cx& cx, std::optional<KvListOptions> options) {
    auto call = Begin(cx);
    if (!call) return std::unexpected(std::move(call).error());
    if (auto counted = Count(call->invocation); !counted) return std::unexpected(std::move(counted).error());
    kv::ListRequest request;
    if (options) {
      if (options->limit && options->limit->value > 0) request.limit = options->limit->value;
      if (options->prefix) request.prefix = *std::move(options->prefix);
      if (auto refusal = kv::CheckList(request.limit, request.prefix)) return Refuse(*std::move(refusal));
      if (options->cursor && !options->cursor->empty()) {
        auto after = kv::DecodeCursor(*options->cursor);
        if (!after) return Refuse(kv::Failed(kv::kGet, 400, "Invalid cursor."));
        request.after = *std::move(after);
      }
    }
    return KvList(cx, call->invocation, *call->self->namespace_, std::move(request));
  }

  static constexpr Member kTable[] = {
      Table<KvNamespace>::AsyncMethod<"get", &Get>(),
      Table<KvNamespace>::AsyncMethod<"list", &List>(),
      Table<KvNamespace>::AsyncMethod<"put", &Put>(),
      Table<KvNamespace>::AsyncMethod<"getWithMetadata", &GetWithMetadata>(),
      Table<KvNamespace>::AsyncMethod<"delete", &Delete>(),
      Table<KvNamespace>::AsyncMethod<"deleteBulk", &DeleteBulk>(),
  };
};

constinit const ClassSpec KvNamespace::kSpec = {
    .name = "KvNamespace",
    .members = Members::kTable,
    .exposed = false,
};

v8::MaybeLocal<v8::Object> KvNamespace::New(v8::Isolate* isolate, std::shared_ptr<kv::Namespace> name_space) {
  return NewObject(isolate, std::make_unique<KvNamespace>(std::move(name_space)));
}

}  // namespace verge::bindings
