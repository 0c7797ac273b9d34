// Builds workers for a process that cannot start programs any more.
#ifndef CLI_BUNDLE_BUILD_PROCESS_H_
#define CLI_BUNDLE_BUILD_PROCESS_H_

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "cli/bundle/esbuild_service.h"

namespace verge::cli {

// A process that was forked off before this one gave its rights up. Each build has an esbuild of its own in there, so
// that workers of different owners share none. It ends with this object, and with the process, however that ends.
//
// Build is called from any thread, by several at the same time.
class BuildProcess final : public Esbuild {
 public:
  // Called while the program has one thread. `confine` runs in the new process before anything is built; what it
  // returns, if not "", is why builds fail.
  static std::expected<std::unique_ptr<BuildProcess>, std::string> Start(std::string program,
                                                                         const std::function<std::string()>& confine);
  ~BuildProcess() override;
  BuildProcess(const BuildProcess&) = delete;
  BuildProcess& operator=(const BuildProcess&) = delete;

  [[nodiscard]] const std::string& program() const override { return program_; }
  std::expected<EsbuildResult, std::string> Build(const EsbuildRequest& request) override;

 private:
  BuildProcess(std::string program, int channel) : program_(std::move(program)), channel_(channel) {}

  const std::string program_;
  // Each message has one end of a socket pair, over which a build is asked for and answered.
  const int channel_;
};

}  // namespace verge::cli

#endif  // CLI_BUNDLE_BUILD_PROCESS_H_
