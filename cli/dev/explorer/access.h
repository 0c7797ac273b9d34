// Who may use the explorer: programs and pages of this machine, and of pages only its own.
#ifndef CLI_DEV_EXPLORER_ACCESS_H_
#define CLI_DEV_EXPLORER_ACCESS_H_

#include <string_view>

#include "http/message.h"

namespace verge::cli {

// "localhost", names below it, 127.0.0.0/8 and [::1], with or without a port. Anything else may be a name that
// somebody else's DNS points here.
bool IsLoopbackAuthority(std::string_view authority);

// Nothing: it may go on. Otherwise what the client is told, with 403. Checked: the client's address, the Host, and, of
// pages, that the request comes from one of the same origin.
std::string_view RefuseExplorer(const http::RequestHead& head);

}  // namespace verge::cli

#endif  // CLI_DEV_EXPLORER_ACCESS_H_
