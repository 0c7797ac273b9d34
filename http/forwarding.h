// What a request's header fields tell a handler of its client, under the names that Workers users know:
// https://developers.cloudflare.com/fundamentals/reference/http-headers/
//
//   CF-Connecting-IP, X-Real-IP   the client's address
//   X-Forwarded-For               what the client sent of it, then the address of the connection's other end
//   X-Forwarded-Proto, CF-Visitor the scheme
//   CF-Ray                        a number that no other request has: 16 hexadecimal digits
//
// What a client sends under these names itself is left out: it could say anything. X-Forwarded-For and
// X-Forwarded-Proto of a trusted proxy say who its client is and how that came.
#ifndef HTTP_FORWARDING_H_
#define HTTP_FORWARDING_H_

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "http/address_range.h"

namespace verge::http {

// One for each server, used on its loop's thread.
class Forwarding {
 public:
  // `proxies`: the addresses of those that are trusted.
  explicit Forwarding(std::vector<AddressRange> proxies);

  // Whether only this class may say what the field says (any case).
  static bool Owns(std::string_view name);

  [[nodiscard]] bool Trusts(std::string_view address) const;

  // The last address of an X-Forwarded-For that is not a trusted proxy's; `peer`, which is one, when there is none.
  [[nodiscard]] std::string_view ClientOf(std::string_view forwarded_for, std::string_view peer) const;

  std::array<char, 16> NextRay();

 private:
  const std::vector<AddressRange> proxies_;
  uint64_t ray_;
};

}  // namespace verge::http

#endif  // HTTP_FORWARDING_H_
