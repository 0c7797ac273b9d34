#include "bindings/url/url_family.h"

#include "bindings/url/url.h"
#include "bindings/url/url_pattern.h"
#include "bindings/url/url_search_params.h"

namespace verge::bindings {
namespace {

constexpr const ClassSpec* kClasses[] = {&Url::kSpec, &UrlSearchParams::kSpec, &UrlPattern::kSpec};

}  // namespace

constinit const Family kUrlFamily = {.classes = kClasses, .globals = {}, .natives = {}, .lazy_globals = {}};

}  // namespace verge::bindings
