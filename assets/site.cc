#include "assets/site.h"

#include <ada.h>

#include <algorithm>
#include <cstdint>
#include <format>
#include <span>
#include <utility>

#include "assets/file_source.h"
#include "assets/resolve.h"
#include "assets/url_path.h"
#include "cache/conditional.h"
#include "cache/fields.h"
#include "cache/range.h"
#include "cache/time.h"

namespace verge::assets {
namespace {

constexpr std::string_view kRuleFiles[] = {".assetsignore", "_headers", "_redirects"};
// Browsers may keep a file, but ask whether it has changed.
constexpr std::string_view kCacheControl = "public, max-age=0, must-revalidate";
constexpr size_t kMaxReported = 20;

bool Matches(const std::vector<std::string>& globs, std::string_view path) {
  return std::ranges::any_of(globs, [path](const std::string& glob) { return GlobMatches(glob, path); });
}

std::string_view HostOf(std::string_view authority) {
  const size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.ends_with(']')) return authority;
  return authority.substr(0, colon);
}

// Where a rule of _redirects leads, as the value of Location: without scheme and host if they are the request's, and
// with the request's query if the rule has none of its own.
std::string LocationOf(const SiteRequest& request, std::string_view to, std::string_view search) {
  const std::string base = std::string(request.secure ? "https://" : "http://") + std::string(request.authority) + "/";
  auto origin = ada::parse<ada::url_aggregator>(base);
  if (!origin) origin = ada::parse<ada::url_aggregator>("http://localhost/");
  if (!origin) return std::string(to);
  auto target = ada::parse<ada::url_aggregator>(to, &*origin);
  if (!target) return "/";
  std::string out;
  if (target->get_origin() != origin->get_origin()) {
    out = std::string(target->get_protocol()) + "//" + std::string(target->get_host());
  }
  out += target->get_pathname();
  out += target->get_search().empty() ? search : std::string_view(target->get_search());
  out += target->get_hash();
  return out;
}

// The path that a rule with status 200 shows instead.
std::string PathOf(std::string_view to) {
  UrlPath path;
  ParseUrlPath(to.substr(0, to.find('#')), &path);
  return std::string(path.path);
}

void SetField(Reply& reply, std::string_view name, std::string_view value) {
  std::erase_if(reply.fields,
                [name](const http::HeaderField& field) { return http::EqualsIgnoreCase(field.name, name); });
  reply.fields.push_back({name, value});
}

std::string_view Keep(Reply& reply, std::string text) {
  return *reply.text.emplace_back(std::make_unique<std::string>(std::move(text)));
}

}  // namespace

std::expected<std::shared_ptr<Site>, std::string> Site::Open(Options options, std::function<void(std::string)> report) {
  std::shared_ptr<Site> site(new Site(std::move(options), std::move(report)));
  // What is ignored has to be known before the folder is read.
  auto first = Folder::Open(site->options_.directory, true, IgnoreRules());
  if (!first) return std::unexpected(first.error());
  site->folder_ = *std::move(first);
  if (!site->options_.live) {
    auto folder = Folder::Open(site->options_.directory, false, IgnoreRules(site->folder_->ReadText(kRuleFiles[0])));
    if (!folder) return std::unexpected(folder.error());
    site->folder_ = *std::move(folder);
    site->rules_ = site->ReadRules();
  }
  return site;
}

std::shared_ptr<const SiteRules> Site::ReadRules() const {
  auto rules = std::make_shared<SiteRules>();
  rules->ignore = IgnoreRules(folder_->ReadText(kRuleFiles[0]));
  rules->headers = ParseHeaderRules(folder_->ReadText(kRuleFiles[1]));
  rules->redirects = ParseRedirectRules(folder_->ReadText(kRuleFiles[2]), options_.html);
  const auto tell = [this](std::string_view file, const std::vector<RuleProblem>& problems) {
    for (size_t i = 0; i < std::min(problems.size(), kMaxReported); ++i) {
      report_(std::format("{}/{}:{}: {}", options_.directory, file, problems[i].line, problems[i].message));
    }
  };
  tell(kRuleFiles[1], rules->headers.problems);
  tell(kRuleFiles[2], rules->redirects.problems);
  return rules;
}

std::shared_ptr<const SiteRules> Site::Rules() const {
  if (!folder_->live()) return rules_;
  FileIdentity now[3];
  for (size_t i = 0; i < 3; ++i) now[i] = folder_->StateOf(kRuleFiles[i]);
  std::lock_guard lock(mutex_);
  if (!rules_ || !std::ranges::equal(now, states_)) {
    rules_ = ReadRules();
    std::ranges::copy(now, states_);
  }
  return rules_;
}

bool Site::PrefersAssets(const SiteRequest& request) const {
  if (!options_.worker_first_paths.empty()) return true;
  if (!options_.navigation_prefers_assets) return false;
  return cache::FindField(request.fields, "sec-fetch-mode") == "navigate";
}

Decision Site::Decide(const SiteRequest& request, Asker asker) const {
  Decision decision;
  UrlPath url;
  ParseUrlPath(request.target, &url);
  const bool ask_worker = asker == Asker::kClient && options_.has_worker;
  bool kept_back = false;
  if (ask_worker) {
    kept_back = Matches(options_.assets_first_paths, url.path);
    if (!kept_back && (options_.worker_first || Matches(options_.worker_first_paths, url.path))) {
      decision.to_worker = true;
      return decision;
    }
  }
  decision.rules = Rules();
  decision.path = url.path;
  std::string_view path = url.path;
  std::string shown;  // by a rule with status 200
  RedirectTarget target;
  if (decision.rules->redirects.Find(path, &target)) {
    if (target.status != 200) {
      decision.status = target.status;
      decision.location = LocationOf(request, target.to, url.search);
      return decision;
    }
    shown = PathOf(target.to);
    path = shown;
  }
  std::string decoded;
  if (!url.plain || !shown.empty()) decoded = DecodePath(path);
  const std::string_view looked_up = decoded.empty() ? path : std::string_view(decoded);
  const bool handle_missing = !ask_worker || kept_back || PrefersAssets(request);
  Resolution resolution =
      Resolve(*folder_, looked_up, options_.html, handle_missing ? options_.not_found : NotFoundHandling::kNone);
  if (folder_->live() && resolution.file && decision.rules->ignore.Ignores(resolution.file->path.substr(1))) {
    resolution = {};
  }
  if (!resolution.found()) {
    if (ask_worker && shown.empty() && !kept_back) {
      decision.to_worker = true;
    } else {
      decision.status = 404;
    }
    return decision;
  }
  if (request.method != "GET" && request.method != "HEAD") {
    decision.status = 405;
    return decision;
  }
  if (!resolution.redirect.empty() || !decoded.empty()) {
    // An asset has one address: the encoded form of its path.
    std::string address = EncodePath(resolution.redirect.empty() ? looked_up : std::string_view(resolution.redirect));
    if (!resolution.redirect.empty() || address != path) {
      decision.status = 307;
      decision.location = std::move(address) + std::string(url.search);
      return decision;
    }
  }
  decision.file = std::move(resolution.file);
  decision.status = resolution.status;
  return decision;
}

Reply Site::Answer(const SiteRequest& request, const Decision& decision, std::shared_ptr<const Content> content,
                   uv_loop_t* loop) const {
  Reply reply;
  reply.status = decision.status;
  reply.rules = decision.rules;
  reply.file = decision.file;
  reply.content = std::move(content);
  if (!decision.location.empty()) reply.fields.push_back({"Location", Keep(reply, decision.location)});
  if (decision.status == 405) reply.fields.push_back({"Allow", "GET, HEAD"});
  if (const File* file = reply.file.get()) {
    const std::string_view etag = reply.content ? reply.content->etag : file->etag;
    reply.fields.push_back({"ETag", etag});
    if (!file->content_type.empty()) reply.fields.push_back({"Content-Type", file->content_type});
    const auto condition = cache::FindField(request.fields, "if-none-match");
    const auto range_field = cache::FindField(request.fields, "range");
    if (!cache::FindField(request.fields, "authorization") && !range_field) {
      reply.fields.push_back({"Cache-Control", kCacheControl});
    }
    reply.fields.push_back({"CF-Cache-Status", "HIT"});
    const uint64_t size = file->identity.size;
    uint64_t begin = 0;
    uint64_t end = size;
    if (condition && cache::EtagListHas(*condition, etag, false)) {
      reply.status = 304;
    } else if (range_field && request.method == "GET" && decision.status == 200 &&
               cache::IfRangeHolds(request.fields, std::span(reply.fields).first(1), cache::Clock::System().Now())) {
      std::vector<cache::ByteRange> ranges;
      const cache::RangeResult result = cache::ParseRange(*range_field, size, ranges);
      if (result == cache::RangeResult::kUnsatisfiable) {
        reply.status = 416;
        reply.fields.push_back({"Content-Range", Keep(reply, cache::UnsatisfiedRange(size))});
      } else if (result == cache::RangeResult::kSatisfiable && ranges.size() == 1) {
        // Of several, which hardly anybody asks for, the whole is sent: that is allowed.
        reply.status = 206;
        begin = ranges[0].begin;
        end = ranges[0].end;
        reply.fields.push_back({"Content-Range", Keep(reply, cache::ContentRange(ranges[0], size))});
      }
    }
    if (reply.status == 304 || reply.status == 416) {
      // Nothing is sent.
    } else if (reply.content) {
      reply.body = reply.content->bytes.Slice(begin, end - begin);
    } else if (const int fd = folder_->OpenFile(*file); fd >= 0) {
      reply.body = http::Ref<http::BodySource>(http::MakeRef<FileSource>(loop, fd, begin, end));
    } else {
      // Changed since it was looked up.
      reply.status = folder_->live() ? 503 : 500;
      reply.fields.clear();
      reply.body = std::string_view("The file was changed while it was asked for.\n");
    }
  }
  if (decision.rules) {
    Captures captures;
    std::vector<std::string_view> set;
    for (const HeaderRule& rule : decision.rules->headers.rules) {
      if (!rule.pattern.Match(HostOf(request.authority), decision.path, &captures)) continue;
      for (const std::string& name : rule.unset) {
        std::erase_if(reply.fields,
                      [&](const http::HeaderField& field) { return http::EqualsIgnoreCase(field.name, name); });
      }
      for (const auto& [name, value] : rule.set) {
        const std::string_view text =
            captures.empty() ? std::string_view(value) : Keep(reply, Replace(value, captures));
        // What rules say of one header comes together; what the asset itself says of it does not count then.
        if (std::ranges::find(set, name) == set.end()) {
          SetField(reply, name, text);
          set.push_back(name);
        } else {
          reply.fields.push_back({name, text});
        }
      }
    }
  }
  return reply;
}

}  // namespace verge::assets
