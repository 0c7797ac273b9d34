#include "bindings/service/service_router.h"

#include <format>

namespace verge::bindings {

std::string NoSuchService(const ServiceTarget& target) {
  if (!target.refusal.empty()) return target.refusal;
  return std::format("There is no worker \"{}\" here, to which the service binding {} leads.", target.service,
                     target.binding);
}

}  // namespace verge::bindings
