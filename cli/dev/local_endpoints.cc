#include "cli/dev/local_endpoints.h"

#include <ada.h>

#include <array>
#include <charconv>
#include <chrono>
#include <format>
#include <string>
#include <utility>

#include "cli/local_authority.h"

namespace verge::cli {
namespace {

std::string_view OutcomeName(bindings::ScheduledOutcome outcome) {
  switch (outcome) {
    case bindings::ScheduledOutcome::kOk:
      return "ok";
    case bindings::ScheduledOutcome::kExceededCpu:
      return "exceededCpu";
    case bindings::ScheduledOutcome::kExceededMemory:
      return "exceededMemory";
    case bindings::ScheduledOutcome::kExceededWallTime:
      return "exceededWallTime";
    case bindings::ScheduledOutcome::kCanceled:
      return "canceled";
    case bindings::ScheduledOutcome::kException:
      break;
  }
  return "exception";
}

void Respond(http::Exchange& exchange, int status, std::string_view type, const std::string& body) {
  const std::array<http::HeaderField, 2> fields = {{{"Content-Type", type}, {"Cache-Control", "no-store"}}};
  exchange.Respond({.status = status, .status_text = {}, .headers = fields}, std::string_view(body));
}

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// What wrangler's addresses for it take: cron, and of the newer ones time and format.
void Schedule(bindings::WorkerHost& host, const http::Ref<http::Exchange>& exchange, std::string_view query,
              bool legacy) {
  ada::url_search_params parameters(query);
  bindings::ScheduledEvent event;
  event.time_ms = NowMs();
  if (auto cron = parameters.get("cron")) event.cron = *cron;
  if (auto time = parameters.get("time"); time && !legacy && !time->empty()) {
    const char* end = time->data() + time->size();
    const auto [rest, error] = std::from_chars(time->data(), end, event.time_ms);
    if (error != std::errc() || rest != end) {
      return Respond(*exchange, 400, "text/plain; charset=utf-8", "time is milliseconds since 1970\n");
    }
  }
  const bool json = !legacy && parameters.get("format") == "json";
  host.OnScheduled(std::move(event), [exchange, json, legacy](const bindings::ScheduledResult& result) {
    const std::string_view outcome = OutcomeName(result.outcome);
    const int status = result.outcome == bindings::ScheduledOutcome::kOk ? 200 : 500;
    if (json) {
      Respond(*exchange, status, "application/json",
              std::format("{{\"outcome\":\"{}\",\"noRetry\":{}}}", outcome, result.no_retry));
    } else {
      Respond(*exchange, status, "text/plain; charset=utf-8",
              legacy && status == 200 ? "Ran scheduled event" : std::string(outcome));
    }
  });
}

void Trace(http::Exchange& exchange) {
  const http::RequestHead& head = *exchange.head();
  const int64_t now = NowMs();
  Respond(exchange, 200, "text/plain",
          std::format("fl=local\nh={}\nip={}\nts={}.{:03}\nvisit_scheme={}\nuag={}\ncolo=DEV\nsliver=none\n"
                      "http=http/{}\nloc=XX\ntls={}\nsni={}\nwarp=off\ngateway=off\nrbi=off\nkex=none\n",
                      head.authority(), head.client_address(), now / 1000, now % 1000, head.scheme(),
                      head.header("user-agent").value_or(""), head.version() == 10 ? "1.0" : "1.1",
                      head.secure() ? "TLSv1.3" : "off", head.secure() ? "encrypted" : "plaintext"));
}

}  // namespace

bool LocalEndpoints::OnRequest(bindings::WorkerHost& host, const http::Ref<http::Exchange>& exchange) const {
  const http::RequestHead& head = *exchange->head();
  const std::string_view target = head.target();
  if (!target.starts_with("/cdn-cgi/") && !target.starts_with("/__scheduled")) return false;
  const size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  const std::string_view query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  const bool legacy = test_scheduled && path == "/__scheduled";
  if (path == "/cdn-cgi/trace") {
    Trace(*exchange);
    return true;
  }
  if (!legacy && path != "/cdn-cgi/local/scheduled" && path != "/cdn-cgi/handler/scheduled" &&
      path != "/cdn-cgi/mf/scheduled") {
    return false;
  }
  if (!IsLocalAuthority(head.authority())) {
    Respond(*exchange, 403, "text/plain; charset=utf-8", "only for localhost\n");
    return true;
  }
  Schedule(host, exchange, query, legacy);
  return true;
}

}  // namespace verge::cli
