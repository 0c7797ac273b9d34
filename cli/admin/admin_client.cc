#include "cli/admin/admin_client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <format>

#include "cli/admin/admin_socket.h"

namespace verge::cli {
namespace {

constexpr int kSeconds = 30;
constexpr size_t kMaxAnswer = 16 << 20;

bool SendAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// Until the other side closes, as "Connection: close" asks it to.
bool ReadAll(int fd, std::string* out) {
  char buffer[16384];
  while (out->size() < kMaxAnswer) {
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) return true;
    out->append(buffer, static_cast<size_t>(got));
  }
  errno = EMSGSIZE;
  return false;
}

}  // namespace

std::expected<AdminAnswer, std::string> AskAdmin(const std::string& socket, std::string_view method,
                                                 std::string_view path, std::string_view body) {
  const auto fail = [&](std::string_view why) {
    return std::unexpected(std::format("the verge behind {} does not answer: {}", socket, why));
  };
  const auto fd = ConnectTo(socket, kSeconds);
  if (!fd) return fail(strerrordesc_np(errno));
  const std::string request =
      std::format("{} {} HTTP/1.1\r\nHost: verge\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}", method, path,
                  body.size(), body);
  std::string text;
  const bool got = SendAll(*fd, request) && ReadAll(*fd, &text);
  const int error = errno;
  close(*fd);
  if (!got) return fail(strerrordesc_np(error));

  AdminAnswer answer;
  const size_t end = text.find("\r\n\r\n");
  constexpr std::string_view kStart = "HTTP/1.1 ";
  if (!text.starts_with(kStart) || end == std::string::npos ||
      std::from_chars(text.data() + kStart.size(), text.data() + end, answer.status).ec != std::errc()) {
    return fail("what it says is not HTTP");
  }
  auto document = config::ReadJsonc(std::string_view(text).substr(end + 4), "answer");
  if (!document) return fail(document.error().message);
  answer.json = std::move(document->root);
  return answer;
}

}  // namespace verge::cli
