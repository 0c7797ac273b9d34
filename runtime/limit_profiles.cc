#include "runtime/limit_profiles.h"

#include <algorithm>
#include <array>

namespace verge::runtime {
namespace {

using std::chrono::milliseconds;

constexpr std::array kProfiles = {
    LimitProfile{.name = "default", .about = "for a machine of one's own", .limits = {}},
    LimitProfile{.name = "cloudflare-free",
                 .about = "10 ms of CPU time, 50 subrequests",
                 .limits = {.cpu = milliseconds(10), .subrequests = 50, .service_calls = 1000, .queries = 50}},
    LimitProfile{.name = "cloudflare-paid",
                 .about = "30 s of CPU time, 10,000 subrequests",
                 .limits = {.cpu = milliseconds(30'000), .subrequests = 10'000, .service_calls = 10'000}},
    // For many tenants who do not know each other on one machine.
    LimitProfile{.name = "strict",
                 .about = "10 ms of CPU time, 64 MB, 30 s of wall time, 5 s for waitUntil",
                 .limits = {.cpu = milliseconds(10),
                            .startup_cpu = milliseconds(400),
                            .wall = milliseconds(30'000),
                            .wait_until = milliseconds(5'000),
                            .heap_bytes = 64ull * 1024 * 1024,
                            .log_bytes = 16ull * 1024,
                            .timers = 1000,
                            .subrequests = 50,
                            .service_calls = 100,
                            .queries = 50,
                            .url_bytes = 8ull * 1024,
                            .header_bytes = 32ull * 1024,
                            .request_body_bytes = 10ull * 1000 * 1000}},
};

}  // namespace

std::span<const LimitProfile> LimitProfiles() { return kProfiles; }

std::optional<Limits> FindLimits(std::string_view profile) {
  const auto found = std::ranges::find(kProfiles, profile, &LimitProfile::name);
  if (found == kProfiles.end()) return std::nullopt;
  return found->limits;
}

}  // namespace verge::runtime
