// Where requests go: scheme, host and port, with the connections to there that wait for the next one.
#ifndef HTTP_CLIENT_ENDPOINT_H_
#define HTTP_CLIENT_ENDPOINT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "http/client/tls.h"
#include "http/ref_counted.h"

namespace verge::http {

class OutboundConnection;

struct Endpoint final : RefCounted {
  bool secure = false;
  std::string host;
  uint16_t port = 0;
  bool trusted = false;                   // not subject to the outbound policy
  std::string name;                       // "api.example:443", for messages
  std::vector<OutboundConnection*> idle;  // the last one is the most recently used
  TlsSessionSlot session;
};

}  // namespace verge::http

#endif  // HTTP_CLIENT_ENDPOINT_H_
