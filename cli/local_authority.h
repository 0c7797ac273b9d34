// Who may ask a program in development for more than the worker's answers.
#ifndef CLI_LOCAL_AUTHORITY_H_
#define CLI_LOCAL_AUTHORITY_H_

#include <string_view>

namespace verge::cli {

// Whether the authority of a request is an address or "localhost". A name that somebody else's DNS could point here is
// not: a web page in the developer's browser could get in by one.
bool IsLocalAuthority(std::string_view authority);

}  // namespace verge::cli

#endif  // CLI_LOCAL_AUTHORITY_H_
