#include "cli/static_assets.h"

#include <algorithm>
#include <utility>

namespace verge::cli {
namespace {

// From this compatibility date on, browsers that navigate are answered by not_found_handling before a worker is asked.
constexpr std::string_view kNavigationDate = "2025-04-01";

bool HasFlag(const config::WorkerConfig& worker, std::string_view flag) {
  return std::ranges::find(worker.compatibility_flags, flag) != worker.compatibility_flags.end();
}

bool NavigationPrefersAssets(const config::WorkerConfig& worker) {
  if (HasFlag(worker, "assets_navigation_prefers_asset_serving")) return true;
  if (HasFlag(worker, "assets_navigation_has_no_effect")) return false;
  return worker.compatibility_date.empty() || worker.compatibility_date >= kNavigationDate;
}

}  // namespace

std::expected<std::shared_ptr<const assets::Site>, std::string> OpenAssets(const config::WorkerConfig& worker,
                                                                           bool development, runtime::LogSink* log) {
  if (!worker.assets) return nullptr;
  const config::AssetsConfig& configured = *worker.assets;
  assets::Options options;
  options.directory = configured.directory;
  if (configured.html_handling == "force-trailing-slash") options.html = assets::HtmlHandling::kForceTrailingSlash;
  if (configured.html_handling == "drop-trailing-slash") options.html = assets::HtmlHandling::kDropTrailingSlash;
  if (configured.html_handling == "none") options.html = assets::HtmlHandling::kNone;
  if (configured.not_found_handling == "single-page-application") {
    options.not_found = assets::NotFoundHandling::kSinglePageApplication;
  }
  if (configured.not_found_handling == "404-page") options.not_found = assets::NotFoundHandling::k404Page;
  options.has_worker = !worker.main.empty();
  options.worker_first = configured.run_worker_first;
  options.worker_first_paths = configured.worker_first_paths;
  options.assets_first_paths = configured.assets_first_paths;
  options.navigation_prefers_assets = NavigationPrefersAssets(worker);
  options.live = development;
  auto site = assets::Site::Open(std::move(options), [log, name = worker.name](const std::string& line) {
    log->Write(runtime::LogLevel::kWarn, name, line);
  });
  if (!site) return std::unexpected("assets: " + configured.directory + ": " + site.error());
  return *std::move(site);
}

}  // namespace verge::cli
