#include "cli/local_authority.h"

#include "http/message.h"

namespace verge::cli {

bool IsLocalAuthority(std::string_view authority) {
  std::string_view host = authority;
  if (host.starts_with('[')) return host.find(']') != std::string_view::npos;
  host = host.substr(0, host.find(':'));
  if (http::EqualsIgnoreCase(host, "localhost")) return true;
  return !host.empty() && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace verge::cli
