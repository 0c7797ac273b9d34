// An esbuild that is kept running, and builds again in the time that the changed files take.
#ifndef CLI_BUNDLE_ESBUILD_SERVICE_H_
#define CLI_BUNDLE_ESBUILD_SERVICE_H_

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/bundle/esbuild_log.h"
#include "cli/bundle/frame_stream.h"

namespace verge::cli {

struct EsbuildRequest {
  std::string directory;  // where it works
  std::string entry;      // "./src/index.ts"
  std::vector<std::string> flags;

  bool operator==(const EsbuildRequest&) const = default;
};

struct EsbuildResult {
  std::vector<EsbuildMessage> messages;
  std::vector<std::pair<std::string, std::string>> files;  // absolute path, content; nothing is written to disk
  std::string metafile;
};

// Whoever builds: an esbuild of this process, or a process that has one (build_process.h).
class Esbuild {
 public:
  virtual ~Esbuild() = default;

  // The path of the program.
  [[nodiscard]] virtual const std::string& program() const = 0;

  // Builds. An error says that esbuild could not be used; errors in sources are messages of the result. Blocks, a
  // minute at most.
  virtual std::expected<EsbuildResult, std::string> Build(const EsbuildRequest& request) = 0;
};

// Speaks esbuild's protocol of length-prefixed packets on the child's stdin and stdout. The child ends with
// this object and with the thread that started it, however that ends. From one thread.
class EsbuildService final : public Esbuild {
 public:
  explicit EsbuildService(std::string program) : program_(std::move(program)) {}
  ~EsbuildService() override { Stop(); }
  EsbuildService(const EsbuildService&) = delete;
  EsbuildService& operator=(const EsbuildService&) = delete;

  [[nodiscard]] const std::string& program() const override { return program_; }

  // When the request is the last one's, only what has changed since is built.
  std::expected<EsbuildResult, std::string> Build(const EsbuildRequest& request) override;

 private:
  std::expected<void, std::string> Start(const std::string& version);
  void Stop();
  std::expected<EsbuildResult, std::string> TryBuild(const EsbuildRequest& request);
  bool SendPacket(uint32_t id, bool is_request, std::string_view value);
  // Sends a request and reads until it is answered; what a build delivers meanwhile goes into `result`.
  std::expected<void, std::string> Call(std::string_view value, EsbuildResult* result);

  const std::string program_;
  pid_t pid_ = -1;
  FrameStream stream_;
  uint32_t next_id_ = 0;
  int key_ = 0;
  bool has_context_ = false;
  EsbuildRequest context_;
};

}  // namespace verge::cli

#endif  // CLI_BUNDLE_ESBUILD_SERVICE_H_
