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

// Speaks esbuild's protocol of length-prefixed packets on the child's stdin and stdout. The child ends with
// this object and with the thread that started it, however that ends. From one thread; a build blocks, a minute at
// most.
class EsbuildService {
 public:
  explicit EsbuildService(std::string program) : program_(std::move(program)) {}
  ~EsbuildService() { Stop(); }
  EsbuildService(const EsbuildService&) = delete;
  EsbuildService& operator=(const EsbuildService&) = delete;

  [[nodiscard]] const std::string& program() const { return program_; }

  // Builds; when the request is the last one's, only what has changed since. An error says that esbuild could not be
  // used; errors in sources are messages of the result.
  std::expected<EsbuildResult, std::string> Build(const EsbuildRequest& request);

 private:
  std::expected<void, std::string> Start(const std::string& version);
  void Stop();
  std::expected<EsbuildResult, std::string> TryBuild(const EsbuildRequest& request);
  bool Write(std::string_view bytes);
  // Into `out`, which is as long as what has to come.
  bool ReadExactly(char* out, size_t size);
  // A packet without its length; empty: the child is gone, or too slow, or not the program it should be.
  std::string ReadPacket();
  // Sends a request and reads until it is answered; what a build delivers meanwhile goes into `result`.
  std::expected<void, std::string> Call(std::string_view value, EsbuildResult* result);

  const std::string program_;
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  int64_t deadline_ms_ = 0;
  uint32_t next_id_ = 0;
  int key_ = 0;
  bool has_context_ = false;
  EsbuildRequest context_;
};

}  // namespace verge::cli

#endif  // CLI_BUNDLE_ESBUILD_SERVICE_H_
