#include "cli/dev/explorer/explorer.h"

#include "cli/dev/explorer/access.h"
#include "cli/dev/explorer/call.h"
#include "cli/dev/explorer/calls.h"
#include "cli/dev/explorer/page.h"

namespace verge::cli {
namespace {

constexpr std::string_view kApi = "/cdn-cgi/local/explorer/api/";

void RespondText(http::Exchange& exchange, int status, std::string_view text) {
  const http::HeaderField headers[] = {{"Content-Type", "text/plain; charset=UTF-8"}, {"Cache-Control", "no-store"}};
  exchange.Respond({.status = status, .status_text = {}, .headers = headers}, text);
}

void RespondPage(http::Exchange& exchange) {
  const http::HeaderField headers[] = {{"Content-Type", "text/html; charset=UTF-8"},
                                       {"Cache-Control", "no-store"},
                                       {"Content-Security-Policy", kExplorerPolicy},
                                       {"X-Content-Type-Options", "nosniff"},
                                       {"Referrer-Policy", "no-referrer"},
                                       {"Cross-Origin-Opener-Policy", "same-origin"},
                                       {"Cross-Origin-Resource-Policy", "same-origin"}};
  exchange.Respond({.status = 200, .status_text = {}, .headers = headers}, http::Bytes::Static(kExplorerPage));
}

}  // namespace

bool Explorer::Has(std::string_view target) {
  if (!target.starts_with(kPath)) return false;
  return target.size() == kPath.size() || target[kPath.size()] == '/' || target[kPath.size()] == '?';
}

void Explorer::OnRequest(http::Ref<http::Exchange> exchange) {
  const http::RequestHead& head = *exchange->head();
  if (std::string_view refused = RefuseExplorer(head); !refused.empty()) {
    RespondText(*exchange, 403, refused);
    return;
  }
  const std::string_view path = head.target().substr(0, head.target().find('?'));
  if (path == kPath || path == std::string(kPath) + "/") {
    if (head.method() == "GET" || head.method() == "HEAD") return RespondPage(*exchange);
    return RespondText(*exchange, 405, "The explorer's page is asked for with GET.\n");
  }
  const Call::Handler handler = path.starts_with(kApi) ? FindCall(path.substr(kApi.size())) : nullptr;
  if (!handler) return RespondText(*exchange, 404, "The explorer has no such page or call.\n");
  // With this type a page of another origin would have to ask first, which nobody grants.
  if (head.method() != "POST" || !head.header("content-type").value_or("").starts_with("application/json")) {
    return RespondText(*exchange, 405, "Calls are made with POST and Content-Type: application/json.\n");
  }
  Call::Start(handler, subject_, mailbox_, std::move(exchange));
}

}  // namespace verge::cli
