#include "bindings/service/service_family.h"

#include "bindings/service/fetcher.h"

namespace verge::bindings {
namespace {

constexpr const ClassSpec* kClasses[] = {&Fetcher::kSpec};

}  // namespace

constinit const Family kServiceFamily = {.classes = kClasses, .globals = {}, .natives = {}, .lazy_globals = {}};

}  // namespace verge::bindings
