// What workers are told of their clients: whose word is taken for it, and what the operator adds.
#ifndef CLI_CLIENT_FACTS_H_
#define CLI_CLIENT_FACTS_H_

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "cli/options/options.h"
#include "http/address_range.h"

namespace verge::cli {

// Of --trust-proxy. The error is a line for a terminal.
std::expected<std::vector<http::AddressRange>, std::string> TrustedProxies(const Options& options);

// The members that every request.cf has beside those of its connection, as a JSON object: of --cf, or else what says
// that nothing is known. The error is a line for a terminal.
std::expected<std::shared_ptr<const std::string>, std::string> NodeFacts(const Options& options);

}  // namespace verge::cli

#endif  // CLI_CLIENT_FACTS_H_
