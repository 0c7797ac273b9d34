// Answers every request with a short text: what the server itself costs, to be measured with a load generator.
#include <uv.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "http/server.h"

namespace {

class Hello final : public verge::http::RequestHandler {
 public:
  void OnRequest(verge::http::Ref<verge::http::Exchange> exchange) override {
    static constexpr verge::http::HeaderField kFields[] = {{"Content-Type", "text/plain"}};
    const bool hello = exchange->head()->target() == "/";
    exchange->Respond({.status = hello ? 200 : 404, .status_text = {}, .headers = kFields},
                      std::string_view(hello ? "Hello, world!\n" : "Not found\n"));
  }
};

}  // namespace

int main(int argc, char** argv) {
  const int port = argc > 1 ? std::atoi(argv[1]) : 0;
  Hello hello;
  const auto server = verge::http::Server::Create(uv_default_loop(), &hello, {});
  const auto bound = server->Listen("127.0.0.1", port);
  if (!bound) {
    std::fprintf(stderr, "%s\n", bound.error().c_str());
    return 1;
  }
  std::printf("listening on 127.0.0.1:%d\n", *bound);
  std::fflush(stdout);
  return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
