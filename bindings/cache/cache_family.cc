#include "bindings/cache/cache_family.h"

#include "bindings/cache/cache.h"

namespace verge::bindings {
namespace {

constexpr const ClassSpec* kClasses[] = {&Cache::kSpec, &CacheStorage::kSpec};
constexpr LazyGlobal kLazyGlobals[] = {{"caches", &GetCaches}};

}  // namespace

constinit const Family kCacheFamily = {.classes = kClasses, .globals = {}, .natives = {}, .lazy_globals = kLazyGlobals};

}  // namespace verge::bindings
