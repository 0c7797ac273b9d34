#include "cli/client_facts.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "config/value.h"

namespace verge::cli {

namespace {

constexpr size_t kMaxFactsBytes = 64 * 1024;

// "XX" is what Cloudflare says of a country that it does not know. A location is always there.
constexpr const char* kUnknown = R"({"colo":"","country":"XX"})";
constexpr const char* kDevelopment = R"({"colo":"DEV","country":"XX"})";

}  // namespace

std::expected<std::vector<http::AddressRange>, std::string> TrustedProxies(const Options& options) {
  std::vector<http::AddressRange> out;
  for (const std::string& text : options.trust_proxy) {
    auto range = http::AddressRange::Parse(text);
    if (!range) return std::unexpected("--trust-proxy " + text + ": " + range.error());
    if (range->port != 0) {
      return std::unexpected("--trust-proxy " + text + ": a proxy's port is another one each time; leave it out");
    }
    out.push_back(*range);
  }
  return out;
}

std::expected<std::shared_ptr<const std::string>, std::string> NodeFacts(const Options& options) {
  if (options.cf.empty()) {
    return std::make_shared<const std::string>(options.command == Command::kDev ? kDevelopment : kUnknown);
  }
  std::ifstream file(options.cf, std::ios::binary);
  std::string text(kMaxFactsBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (!file.eof() && !file) return std::unexpected("--cf " + options.cf + ": cannot be read");
  if (text.size() > kMaxFactsBytes) return std::unexpected("--cf " + options.cf + ": is larger than 64 KiB");
  auto document = config::ReadJsonc(text, options.cf);
  if (!document) return std::unexpected("--cf " + document.error().ToString());
  auto json = document->root.ToJson();
  if (!json) return std::unexpected("--cf " + options.cf + ": has a number that JSON cannot say");
  return std::make_shared<const std::string>(*std::move(json));
}

}  // namespace verge::cli
