#include "cli/bundle/esbuild_service.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "cli/bundle/esbuild_packet.h"

namespace verge::cli {
namespace {

constexpr int64_t kTimeLimitMs = 60'000;
constexpr uint32_t kMaxPacket = 512u << 20;

// The version that is tried first; an esbuild of another one names its own, and is then asked in that name.
constexpr std::string_view kUsualVersion = "0.28.2";

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string WithLength(std::string_view bytes) {
  std::string out;
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(bytes.size() >> shift & 0xFF);
  out += bytes;
  return out;
}

std::string PacketOf(uint32_t id, bool is_request, std::string_view value) {
  uint32_t head = id << 1 | (is_request ? 0 : 1);
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(head >> shift & 0xFF);
  bytes += value;
  return WithLength(bytes);
}

uint32_t NumberAt(const std::string& bytes) {
  uint32_t number = 0;
  for (int i = 0; i < 4; ++i) number |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])) << 8 * i;
  return number;
}

EsbuildMessage MessageOf(const PacketValue& value, bool is_error) {
  EsbuildMessage message;
  message.is_error = is_error;
  message.message = value["text"].text;
  message.text = message.message;
  const PacketValue& location = value["location"];
  if (location.kind != PacketValue::Kind::kObject) return message;
  message.file = location["file"].text;
  message.line = static_cast<int>(location["line"].number);
  message.column = static_cast<int>(location["column"].number) + 1;
  message.source_line = location["lineText"].text;
  message.text =
      message.file + ":" + std::to_string(message.line) + ":" + std::to_string(message.column) + ": " + message.message;
  // Of a file that is one long line nothing is shown.
  constexpr size_t kMaxLine = 400;
  const std::string& line = message.source_line;
  if (line.empty() || line.size() > kMaxLine) return message;
  message.text += "\n    " + line + "\n    ";
  size_t at = std::min(static_cast<size_t>(message.column - 1), line.size());
  for (char c : line.substr(0, at)) {
    if ((static_cast<uint8_t>(c) & 0xC0) != 0x80) message.text += c == '\t' ? '\t' : ' ';
  }
  auto length = static_cast<size_t>(std::max<int64_t>(location["length"].number, 0));
  length = std::min(length, line.size() - at);
  message.text += length < 2 ? "^" : std::string(length, '~');
  return message;
}

void AddMessages(const PacketValue& packet, EsbuildResult* result) {
  for (const PacketValue& each : packet["errors"].items) result->messages.push_back(MessageOf(each, true));
  for (const PacketValue& each : packet["warnings"].items) result->messages.push_back(MessageOf(each, false));
}

}  // namespace

std::expected<void, std::string> EsbuildService::Start(const std::string& version) {
  int to[2];
  int from[2];
  if (pipe2(to, O_CLOEXEC) != 0) return std::unexpected(std::strerror(errno));
  if (pipe2(from, O_CLOEXEC) != 0) {
    close(to[0]);
    close(to[1]);
    return std::unexpected(std::strerror(errno));
  }
  std::string argument = "--service=" + version;
  char* arguments[] = {const_cast<char*>(program_.c_str()), argument.data(), nullptr};
  // vfork: the child calls nothing but the kernel, and the parent, whose memory it shares, waits until it has become
  // esbuild. posix_spawn cannot tie a child's life to its parent's.
  volatile int failed = 0;
  pid_ = vfork();
  if (pid_ == 0) {
    // However this program ends, killed or not, esbuild ends with it.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // In a group of its own: a Ctrl-C on the terminal is for this program, which ends it.
    setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (dup2(to[0], STDIN_FILENO) >= 0 && dup2(from[1], STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0) {
      execve(arguments[0], arguments, environ);
    }
    failed = errno;
    _exit(127);
  }
  if (pid_ < 0) failed = errno;
  close(to[0]);
  close(from[1]);
  in_ = to[1];
  out_ = from[0];
  if (failed != 0) {
    Stop();
    return std::unexpected(std::strerror(failed));
  }
  // Neither end may hold this program up for longer than a build may take.
  fcntl(in_, F_SETFL, O_NONBLOCK);
  fcntl(out_, F_SETFL, O_NONBLOCK);
  next_id_ = 0;
  has_context_ = false;
  return {};
}

void EsbuildService::Stop() {
  if (in_ >= 0) close(in_);
  if (out_ >= 0) close(out_);
  in_ = out_ = -1;
  if (pid_ > 0) {
    kill(pid_, SIGKILL);  // it keeps nothing that would have to be put in order
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  pid_ = -1;
  has_context_ = false;
}

bool EsbuildService::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t count = write(in_, bytes.data(), bytes.size());
    if (count > 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count == 0 || errno != EAGAIN) return false;
    pollfd waiting{in_, POLLOUT, 0};
    int64_t left = deadline_ms_ - NowMs();
    if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) == 0) return false;
  }
  return true;
}

bool EsbuildService::ReadExactly(char* out, size_t size) {
  while (size > 0) {
    ssize_t count = read(out_, out, size);
    if (count > 0) {
      out += count;
      size -= static_cast<size_t>(count);
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count == 0 || errno != EAGAIN) return false;
    pollfd waiting{out_, POLLIN, 0};
    int64_t left = deadline_ms_ - NowMs();
    if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) == 0) return false;
  }
  return true;
}

std::string EsbuildService::ReadPacket() {
  std::string head(4, '\0');
  if (!ReadExactly(head.data(), head.size())) return {};
  uint32_t size = NumberAt(head);
  if (size == 0 || size > kMaxPacket) return {};
  std::string packet(size, '\0');
  return ReadExactly(packet.data(), size) ? packet : std::string();
}

std::expected<void, std::string> EsbuildService::Call(std::string_view value, EsbuildResult* result) {
  static constexpr const char* kGone = "esbuild ended or does not answer";
  uint32_t id = next_id_++;
  if (!Write(PacketOf(id, true, value))) return std::unexpected(kGone);
  for (;;) {
    std::string bytes = ReadPacket();
    if (bytes.size() < 5) return std::unexpected(kGone);
    uint32_t head = NumberAt(bytes);
    auto packet = ParsePacketValue(std::string_view(bytes).substr(4));
    if (!packet) return std::unexpected("esbuild answers in another protocol");
    if ((head & 1) != 0) {
      if (head >> 1 != id) continue;
      if (const PacketValue& error = (*packet)["error"]; error.kind == PacketValue::Kind::kString) {
        return std::unexpected(error.text);
      }
      AddMessages(*packet, result);
      return {};
    }
    PacketValue answer = PacketValue::Object({});
    if ((*packet)["command"].text == "on-end") {
      AddMessages(*packet, result);
      for (const PacketValue& file : (*packet)["outputFiles"].items) {
        result->files.emplace_back(file["path"].text, file["contents"].text);
      }
      result->metafile = (*packet)["metafile"].text;
      answer = PacketValue::Object({{"errors", PacketValue::Array({})}, {"warnings", PacketValue::Array({})}});
    }
    std::string out;
    AppendPacketValue(answer, &out);
    if (!Write(PacketOf(head >> 1, false, out))) return std::unexpected(kGone);
  }
}

std::expected<EsbuildResult, std::string> EsbuildService::TryBuild(const EsbuildRequest& request) {
  deadline_ms_ = NowMs() + kTimeLimitMs;
  if (pid_ < 0) {
    if (auto started = Start(std::string(kUsualVersion)); !started) return std::unexpected(started.error());
    std::string version = ReadPacket();
    // It says its version first, also when it will not talk to the one that it was given.
    if (version != kUsualVersion) {
      Stop();
      if (version.empty() || version.size() > 32) return std::unexpected("it is no esbuild that can be kept running");
      if (auto started = Start(version); !started) return std::unexpected(started.error());
      if (ReadPacket() != version) return std::unexpected("it is no esbuild that can be kept running");
    }
  }
  EsbuildResult result;
  std::string call;
  if (!has_context_ || !(context_ == request)) {
    if (has_context_) {
      AppendPacketValue(PacketValue::Object({{"command", PacketValue::String("dispose")},
                                             {"key", PacketValue::Number(static_cast<uint32_t>(key_))}}),
                        &call);
      EsbuildResult nothing;
      if (auto done = Call(call, &nothing); !done) return std::unexpected(done.error());
      has_context_ = false;
      ++key_;
      call.clear();
    }
    std::vector<PacketValue> flags;
    flags.reserve(request.flags.size());
    for (const std::string& flag : request.flags) flags.push_back(PacketValue::String(flag));
    AppendPacketValue(
        PacketValue::Object({
            {"command", PacketValue::String("build")},
            {"key", PacketValue::Number(static_cast<uint32_t>(key_))},
            {"entries",
             PacketValue::Array({PacketValue::Array({PacketValue::String(""), PacketValue::String(request.entry)})})},
            {"flags", PacketValue::Array(std::move(flags))},
            {"write", PacketValue::Bool(false)},
            {"stdinContents", PacketValue()},
            {"stdinResolveDir", PacketValue()},
            {"absWorkingDir", PacketValue::String(request.directory)},
            {"nodePaths", PacketValue::Array({})},
            {"context", PacketValue::Bool(true)},
        }),
        &call);
    if (auto done = Call(call, &result); !done) return std::unexpected(done.error());
    if (!result.messages.empty() && result.messages.front().is_error) {
      ++key_;
      return result;
    }
    has_context_ = true;
    context_ = request;
    call.clear();
  }
  AppendPacketValue(PacketValue::Object({{"command", PacketValue::String("rebuild")},
                                         {"key", PacketValue::Number(static_cast<uint32_t>(key_))}}),
                    &call);
  // The messages come with the files already.
  EsbuildResult end;
  if (auto done = Call(call, &end); !done) return std::unexpected(done.error());
  std::erase_if(result.messages, [](const EsbuildMessage& message) { return !message.is_error; });
  end.messages.insert(end.messages.begin(), result.messages.begin(), result.messages.end());
  return end;
}

std::expected<EsbuildResult, std::string> EsbuildService::Build(const EsbuildRequest& request) {
  bool was_running = pid_ >= 0;
  auto result = TryBuild(request);
  if (result) return result;
  Stop();
  // One that was left alone for hours may have been ended by somebody: once more, with a fresh one.
  if (was_running) result = TryBuild(request);
  if (!result) Stop();
  return result;
}

}  // namespace verge::cli
