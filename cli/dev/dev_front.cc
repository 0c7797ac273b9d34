#include "cli/dev/dev_front.h"

#include <array>

#include "bindings/fetch/error_page.h"

namespace verge::cli {

void DevFront::OnRequest(http::Ref<http::Exchange> exchange) {
  if (Explorer::Has(exchange->head()->target())) {
    explorer_.OnRequest(std::move(exchange));
    return;
  }
  if (host_.has_worker()) {
    if (endpoints_.OnRequest(host_, exchange)) return;
    host_.OnRequest(std::move(exchange));
    return;
  }
  bindings::ErrorDetails details;
  details.title = "The worker cannot start";
  details.message = state_->error();
  bindings::ErrorPage page = bindings::MakeDetailedErrorPage(*exchange->head(), 503, details);
  std::array<http::HeaderField, 2> fields = {{{"Content-Type", page.content_type}, {"Cache-Control", "no-store"}}};
  exchange->Respond({.status = 503, .status_text = {}, .headers = fields}, std::string_view(page.body));
}

}  // namespace verge::cli
