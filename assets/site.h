// An assets folder with its rules: what a request is answered with. No V8, no worker.
#ifndef ASSETS_SITE_H_
#define ASSETS_SITE_H_

#include <uv.h>

#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "assets/folder.h"
#include "assets/ignore.h"
#include "assets/options.h"
#include "assets/rule_files.h"
#include "http/message.h"
#include "http/server.h"

namespace verge::assets {

// A request as far as assets look at it. Views.
struct SiteRequest {
  std::string_view method;
  std::string_view authority;  // host and port
  std::string_view target;     // path and query
  bool secure = false;
  std::span<const http::HeaderField> fields;
};

// The rules of a folder at one time.
struct SiteRules {
  IgnoreRules ignore;
  HeaderRules headers;
  RedirectRules redirects;
};

// What a request is answered with; a body that is a file has to be read yet.
struct Decision {
  bool to_worker = false;
  int status = 200;
  std::string location;  // of a redirect
  FileRef file;          // null: no body
  std::string path;      // of the request, as rules for headers see it
  std::shared_ptr<const SiteRules> rules;
};

// An answer, ready to be sent. Owns what its fields point to.
struct Reply {
  int status = 200;
  std::vector<http::HeaderField> fields;
  std::vector<std::unique_ptr<std::string>> text;
  http::ResponseBody body;
  std::shared_ptr<const SiteRules> rules;
  FileRef file;
  std::shared_ptr<const Content> content;
};

// Thread-safe.
class Site {
 public:
  // `report`: gets lines about the rules' files that are for people; from any thread. The error says what is wrong with
  // the folder.
  static std::expected<std::shared_ptr<Site>, std::string> Open(Options options,
                                                                std::function<void(std::string)> report);

  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] const Folder& folder() const { return *folder_; }

  enum class Asker : uint8_t {
    kClient,  // who may be answered by the worker, too
    kWorker,  // through its binding: it wants assets in any case
  };
  [[nodiscard]] Decision Decide(const SiteRequest& request, Asker asker) const;

  // `content`: of the decision's file, when it is kept in memory or was read for this; else it is opened here and read
  // while it is sent, on `loop`.
  [[nodiscard]] Reply Answer(const SiteRequest& request, const Decision& decision,
                             std::shared_ptr<const Content> content, uv_loop_t* loop) const;

 private:
  Site(Options options, std::function<void(std::string)> report)
      : options_(std::move(options)), report_(std::move(report)) {}

  // Those of now.
  std::shared_ptr<const SiteRules> Rules() const;
  std::shared_ptr<const SiteRules> ReadRules() const;
  [[nodiscard]] bool PrefersAssets(const SiteRequest& request) const;

  const Options options_;
  const std::function<void(std::string)> report_;
  std::unique_ptr<Folder> folder_;

  mutable std::mutex mutex_;  // where they change
  mutable std::shared_ptr<const SiteRules> rules_;
  mutable FileIdentity states_[3];
};

}  // namespace verge::assets

#endif  // ASSETS_SITE_H_
