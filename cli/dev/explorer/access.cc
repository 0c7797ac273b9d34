#include "cli/dev/explorer/access.h"

#include <optional>
#include <string>

namespace verge::cli {
namespace {

// 127.x.y.z, and nothing shorter: "127.1" is the same to some, a name to others.
bool IsLoopbackAddress(std::string_view host) {
  if (!host.starts_with("127.")) return false;
  int dots = 0;
  bool digit = false;
  for (char c : host) {
    if (c == '.') {
      if (!digit) return false;
      ++dots;
      digit = false;
    } else if (c >= '0' && c <= '9') {
      digit = true;
    } else {
      return false;
    }
  }
  return dots == 3 && digit;
}

}  // namespace

bool IsLoopbackAuthority(std::string_view authority) {
  std::string_view port;
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos || authority.substr(0, end + 1) != "[::1]") return false;
    port = authority.substr(end + 1);
    return port.empty() || port.starts_with(':');
  }
  std::string_view host = authority.substr(0, authority.find(':'));
  if (host.size() > 10 && http::EqualsIgnoreCase(host.substr(host.size() - 10), ".localhost")) return true;
  return http::EqualsIgnoreCase(host, "localhost") || IsLoopbackAddress(host);
}

std::string_view RefuseExplorer(const http::RequestHead& head) {
  const std::string_view client = head.client_address();
  if (client != "::1" && !client.starts_with("127.") && !client.starts_with("::ffff:127.")) {
    return "The explorer is for this machine only.\n";
  }
  if (!IsLoopbackAuthority(head.authority())) {
    return "The explorer answers to localhost, 127.0.0.1 and [::1] only.\n";
  }
  // Browsers send these with whatever a page asks for; programs send neither. A page that is opened by hand or from a
  // bookmark has "none".
  const std::optional<std::string_view> site = head.header("sec-fetch-site");
  const std::optional<std::string_view> origin = head.header("origin");
  const bool foreign = site && *site != "same-origin" && *site != "none";
  // A link to the page from elsewhere does no harm: what is behind it is asked for by the page.
  const bool navigation = head.method() == "GET" && head.header("sec-fetch-mode") == "navigate";
  if (foreign && !navigation) return "Other pages cannot use the explorer.\n";
  if (origin && *origin != std::string(head.scheme()) + "://" + std::string(head.authority())) {
    return "Other pages cannot use the explorer.\n";
  }
  return {};
}

}  // namespace verge::cli
