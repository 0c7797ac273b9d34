#include "cli/bundle/esbuild_service.h"

#include <fcntl.h>
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

constexpr std::chrono::seconds kTimeLimit{60};

// The version that is tried first; an esbuild of another one names its own, and is then asked in that name.
constexpr std::string_view kUsualVersion = "0.28.2";

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
  // Neither end may hold this program up for longer than a build may take.
  stream_ = FrameStream(from[0], to[1]);
  if (failed != 0) {
    Stop();
    return std::unexpected(std::strerror(failed));
  }
  next_id_ = 0;
  has_context_ = false;
  return {};
}

void EsbuildService::Stop() {
  stream_.Close();
  if (pid_ > 0) {
    kill(pid_, SIGKILL);  // it keeps nothing that would have to be put in order
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  pid_ = -1;
  has_context_ = false;
}

bool EsbuildService::SendPacket(uint32_t id, bool is_request, std::string_view value) {
  return stream_.Send(NumberBytes(id << 1 | (is_request ? 0 : 1)) + std::string(value));
}

std::expected<void, std::string> EsbuildService::Call(std::string_view value, EsbuildResult* result) {
  static constexpr const char* kGone = "esbuild ended or does not answer";
  uint32_t id = next_id_++;
  if (!SendPacket(id, true, value)) return std::unexpected(kGone);
  for (;;) {
    std::string bytes = stream_.Receive();
    if (bytes.size() < 5) return std::unexpected(kGone);
    uint32_t head = NumberOf(bytes);
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
    if (!SendPacket(head >> 1, false, out)) return std::unexpected(kGone);
  }
}

std::expected<EsbuildResult, std::string> EsbuildService::TryBuild(const EsbuildRequest& request) {
  const auto deadline = std::chrono::steady_clock::now() + kTimeLimit;
  stream_.set_deadline(deadline);
  if (pid_ < 0) {
    if (auto started = Start(std::string(kUsualVersion)); !started) return std::unexpected(started.error());
    stream_.set_deadline(deadline);
    std::string version = stream_.Receive();
    // It says its version first, also when it will not talk to the one that it was given.
    if (version != kUsualVersion) {
      Stop();
      if (version.empty() || version.size() > 32) return std::unexpected("it is no esbuild that can be kept running");
      if (auto started = Start(version); !started) return std::unexpected(started.error());
      stream_.set_deadline(deadline);
      if (stream_.Receive() != version) return std::unexpected("it is no esbuild that can be kept running");
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
