#include "bindings/formdata/form_data_family.h"

#include "bindings/formdata/form_data.h"

namespace verge::bindings {
namespace {

constexpr const ClassSpec* kClasses[] = {&FormData::kSpec};

}  // namespace

constinit const Family kFormDataFamily = {.classes = kClasses, .globals = {}, .natives = {}, .lazy_globals = {}};

}  // namespace verge::bindings
