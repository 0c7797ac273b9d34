// The Cache API: caches.default, caches.open(), and the caches behind them (https://w3c.github.io/ServiceWorker/#cache,
// with Workers' rules where they differ).
//
// A cache holds responses by their own headers, as a shared HTTP cache does, not for ever as a browser's. What it finds
// in memory settles match() in place. Bodies are read from the store in C++ and leave as they are unless JavaScript
// looks inside.
#ifndef BINDINGS_CACHE_CACHE_H_
#define BINDINGS_CACHE_CACHE_H_

#include <memory>
#include <optional>
#include <string>

#include "bindings/core/convert.h"
#include "bindings/core/function.h"
#include "bindings/core/object.h"
#include "cache/service.h"

namespace verge::bindings {

class CacheHost;

class Cache final : public Native {
 public:
  static const ClassSpec kSpec;

  // `name` is the namespace's: "api", "api:NAME". Opened when it is first used.
  explicit Cache(std::string name) : name_(std::move(name)) {}

  struct QueryOptions {
    bool ignore_method = false;
    v8::Local<v8::Value> cache_name;
    v8::Local<v8::Value> ignore_search;
    bool ignore_vary = false;
    static bool Read(Cx& cx, v8::Local<v8::Object> object, QueryOptions* out);
  };

  static Result<v8::Local<v8::Value>> Match(Cx& cx, AnyValue request, QueryOptions options);
  static Result<v8::Local<v8::Value>> Put(Cx& cx, AnyValue request, AnyValue response);
  static Result<v8::Local<v8::Value>> Delete(Cx& cx, AnyValue request, QueryOptions options);
  static Result<v8::Local<v8::Value>> Add(Cx& cx);
  static Result<v8::Local<v8::Value>> AddAll(Cx& cx);
  static Result<v8::Local<v8::Value>> MatchAll(Cx& cx);
  static Result<v8::Local<v8::Value>> Keys(Cx& cx);

  // --- For C++
  const std::shared_ptr<cache::Namespace>& space(CacheHost& host);

 private:
  const std::string name_;
  std::shared_ptr<cache::Namespace> space_;
};

inline constexpr Member kCacheMembers[] = {
    Table<Cache>::AsyncMethod<"add", &Cache::Add>(),       Table<Cache>::AsyncMethod<"addAll", &Cache::AddAll>(),
    Table<Cache>::AsyncMethod<"delete", &Cache::Delete>(), Table<Cache>::AsyncMethod<"keys", &Cache::Keys>(),
    Table<Cache>::AsyncMethod<"match", &Cache::Match>(),   Table<Cache>::AsyncMethod<"matchAll", &Cache::MatchAll>(),
    Table<Cache>::AsyncMethod<"put", &Cache::Put>(),
};
inline constexpr ClassSpec Cache::kSpec = {.name = "Cache", .members = kCacheMembers};

class CacheStorage {
 public:
  static const ClassSpec kSpec;
  static constexpr int kDefaultSlot = 0;
  static constexpr int kSlots = 1;

  static Result<v8::Local<v8::Value>> GetDefault(Cx& cx);
  static Result<v8::Local<v8::Value>> Open(Cx& cx, std::string name);
  static Result<v8::Local<v8::Value>> Delete(Cx& cx);
  static Result<v8::Local<v8::Value>> Has(Cx& cx);
  static Result<v8::Local<v8::Value>> Keys(Cx& cx);
  static Result<v8::Local<v8::Value>> Match(Cx& cx);
};

inline constexpr Member kCacheStorageMembers[] = {
    Table<CacheStorage>::Getter<"default", &CacheStorage::GetDefault>(),
    Table<CacheStorage>::AsyncMethod<"delete", &CacheStorage::Delete>(),
    Table<CacheStorage>::AsyncMethod<"has", &CacheStorage::Has>(),
    Table<CacheStorage>::AsyncMethod<"keys", &CacheStorage::Keys>(),
    Table<CacheStorage>::AsyncMethod<"match", &CacheStorage::Match>(),
    Table<CacheStorage>::AsyncMethod<"open", &CacheStorage::Open>(),
};
inline constexpr ClassSpec CacheStorage::kSpec = {
    .name = "CacheStorage", .members = kCacheStorageMembers, .slots = CacheStorage::kSlots, .slots_only = true};

// Makes the global `caches`.
void GetCaches(v8::Local<v8::Name> name, const v8::PropertyCallbackInfo<v8::Value>& info);

// What a key argument says: a Request, or what becomes a URL. Views are valid until user code runs again.
struct CacheKey {
  std::string method = "GET";
  std::string url;
  std::string key;  // the URL, or cf.cacheKey
  std::vector<http::HeaderField> fields;
};
Result<CacheKey> ReadCacheKey(Cx& cx, v8::Local<v8::Value> request);

// A promise that is resolved already.
Result<v8::Local<v8::Value>> ResolvedWith(Cx& cx, v8::Local<v8::Value> value);

}  // namespace verge::bindings

#endif  // BINDINGS_CACHE_CACHE_H_
