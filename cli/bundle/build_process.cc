#include "cli/bundle/build_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "cli/bundle/esbuild_packet.h"
#include "cli/bundle/frame_stream.h"

namespace verge::cli {
namespace {

// More than esbuild itself gets.
constexpr std::chrono::seconds kTimeLimit{70};

std::string Encode(const PacketValue& value) {
  std::string bytes;
  AppendPacketValue(value, &bytes);
  return bytes;
}

std::string EncodeRequest(const EsbuildRequest& request) {
  std::vector<PacketValue> flags;
  for (const std::string& flag : request.flags) flags.push_back(PacketValue::String(flag));
  return Encode(PacketValue::Object({{"directory", PacketValue::String(request.directory)},
                                     {"entry", PacketValue::String(request.entry)},
                                     {"flags", PacketValue::Array(std::move(flags))}}));
}

std::optional<EsbuildRequest> DecodeRequest(std::string_view bytes) {
  auto value = ParsePacketValue(bytes);
  if (!value) return std::nullopt;
  EsbuildRequest request{(*value)["directory"].text, (*value)["entry"].text, {}};
  for (const PacketValue& flag : (*value)["flags"].items) request.flags.push_back(flag.text);
  return request;
}

std::string EncodeResult(const std::expected<EsbuildResult, std::string>& result) {
  if (!result) return Encode(PacketValue::Object({{"error", PacketValue::String(result.error())}}));
  std::vector<PacketValue> messages;
  for (const EsbuildMessage& each : result->messages) {
    messages.push_back(PacketValue::Object({{"isError", PacketValue::Bool(each.is_error)},
                                            {"text", PacketValue::String(each.text)},
                                            {"message", PacketValue::String(each.message)},
                                            {"file", PacketValue::String(each.file)},
                                            {"line", PacketValue::Number(static_cast<uint32_t>(each.line))},
                                            {"column", PacketValue::Number(static_cast<uint32_t>(each.column))},
                                            {"sourceLine", PacketValue::String(each.source_line)}}));
  }
  std::vector<PacketValue> files;
  for (const auto& [path, content] : result->files) {
    files.push_back(PacketValue::Array({PacketValue::String(path), PacketValue::String(content)}));
  }
  return Encode(PacketValue::Object({{"messages", PacketValue::Array(std::move(messages))},
                                     {"files", PacketValue::Array(std::move(files))},
                                     {"metafile", PacketValue::String(result->metafile)}}));
}

std::expected<EsbuildResult, std::string> DecodeResult(std::string_view bytes) {
  auto value = ParsePacketValue(bytes);
  if (!value) return std::unexpected("the process that builds does not answer");
  if (const PacketValue& error = (*value)["error"]; error.kind == PacketValue::Kind::kString) {
    return std::unexpected(error.text);
  }
  EsbuildResult result;
  for (const PacketValue& each : (*value)["messages"].items) {
    EsbuildMessage& message = result.messages.emplace_back();
    message.is_error = each["isError"].number != 0;
    message.text = each["text"].text;
    message.message = each["message"].text;
    message.file = each["file"].text;
    message.line = static_cast<int>(each["line"].number);
    message.column = static_cast<int>(each["column"].number);
    message.source_line = each["sourceLine"].text;
  }
  for (const PacketValue& each : (*value)["files"].items) {
    if (each.items.size() == 2) result.files.emplace_back(each.items[0].text, each.items[1].text);
  }
  result.metafile = (*value)["metafile"].text;
  return result;
}

bool SendDescriptor(int channel, int fd) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(head), &fd, sizeof fd);
  ssize_t sent = 0;
  do {
    sent = sendmsg(channel, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == 1;
}

// -1: nobody will send one any more. Empty: a message without one.
std::optional<int> ReceiveDescriptor(int channel) {
  char byte = 0;
  iovec data{&byte, 1};
  int fd = -1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t count = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
  if (count < 0 && errno == EINTR) return std::nullopt;
  if (count <= 0) return -1;
  const cmsghdr* head = CMSG_FIRSTHDR(&message);
  if (!head || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof fd)) return std::nullopt;
  std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
  return fd;
}

void BuildOne(int socket, const std::string& program, const std::string& broken) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGCHLD, SIG_DFL);
  FrameStream stream(socket, socket);
  stream.set_deadline(std::chrono::steady_clock::now() + kTimeLimit);
  const auto request = DecodeRequest(stream.Receive());
  if (!request) return;
  std::expected<EsbuildResult, std::string> result = std::unexpected(broken);
  if (broken.empty()) result = EsbuildService(program).Build(*request);
  stream.Send(EncodeResult(result));
}

// The life of the process. Nothing of the parent's is of use here: it is left by _exit.
[[noreturn]] void RunProcess(int channel, const std::string& program, const std::function<std::string()>& confine) {
  prctl(PR_SET_NAME, "verge-build");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A Ctrl-C, and a SIGTERM to the whole unit, are for the parent: while it drains it may still need a build.
  setpgid(0, 0);
  signal(SIGTERM, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  signal(SIGCHLD, SIG_IGN);  // children are reaped by the kernel
  constexpr int kChannel = 3;
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, standard);
  if (channel != kChannel && dup3(channel, kChannel, O_CLOEXEC) < 0) _exit(1);
  // Listening sockets above all.
  close_range(kChannel + 1, ~0U, 0);
  if (chdir("/") != 0) _exit(1);
  const std::string broken = confine();
  for (;;) {
    const std::optional<int> socket = ReceiveDescriptor(kChannel);
    if (!socket) continue;
    if (*socket < 0) _exit(0);
    if (fork() == 0) {
      close(kChannel);
      BuildOne(*socket, program, broken);
      _exit(0);
    }
    close(*socket);
  }
}

}  // namespace

std::expected<std::unique_ptr<BuildProcess>, std::string> BuildProcess::Start(
    std::string program, const std::function<std::string()>& confine) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return std::unexpected(std::strerror(errno));
  const pid_t pid = fork();
  if (pid == 0) RunProcess(ends[1], program, confine);
  const int error = errno;
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    return std::unexpected(std::strerror(error));
  }
  return std::unique_ptr<BuildProcess>(new BuildProcess(std::move(program), ends[0]));
}

BuildProcess::~BuildProcess() { close(channel_); }

std::expected<EsbuildResult, std::string> BuildProcess::Build(const EsbuildRequest& request) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return std::unexpected(std::strerror(errno));
  FrameStream stream(ends[0], ends[0]);
  const bool sent = SendDescriptor(channel_, ends[1]);
  close(ends[1]);
  if (!sent) return std::unexpected("the process that builds has ended; start verge again");
  stream.set_deadline(std::chrono::steady_clock::now() + kTimeLimit);
  if (!stream.Send(EncodeRequest(request))) return std::unexpected("the process that builds does not answer");
  return DecodeResult(stream.Receive());
}

}  // namespace verge::cli
