// A database for one command: found by name, asked and answered in place.
#ifndef CLI_D1_CLIENT_H_
#define CLI_D1_CLIENT_H_

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "cli/d1/arguments.h"
#include "config/project.h"
#include "d1/service.h"
#include "sqlite/state_directory.h"

namespace verge::cli {

class D1Client {
 public:
  // By the configuration that the arguments name. An error is text for the terminal.
  static std::expected<std::unique_ptr<D1Client>, std::string> Open(const D1Arguments& arguments);

  // All or nothing, on the calling thread.
  std::expected<std::vector<d1::ResultSet>, d1::Failure> Run(std::vector<d1::Query> queries);

  [[nodiscard]] const config::D1Database& config() const { return config_; }
  // The folder that paths of the configuration are relative to.
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string path() const { return directory_.DatabasePath("d1", config_.id); }
  [[nodiscard]] const sqlite::StateDirectory& directory() const { return directory_; }

 private:
  D1Client(std::string data, config::D1Database config, std::string folder);

  const sqlite::StateDirectory directory_;
  const config::D1Database config_;
  const std::string folder_;
  d1::Service service_;
};

}  // namespace verge::cli

#endif  // CLI_D1_CLIENT_H_
