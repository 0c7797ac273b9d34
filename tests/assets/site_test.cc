#include "assets/site.h"

#include <gtest/gtest.h>

#include <format>

#include "scratch_folder.h"

namespace verge::assets {
namespace {

struct Ask {
  std::string_view method = "GET";
  std::vector<http::HeaderField> fields{};
  Site::Asker asker = Site::Asker::kClient;
};

class SiteTest : public ::testing::Test {
 protected:
  void Open(Options options = {}) {
    options.directory = scratch_.path();
    auto site = Site::Open(std::move(options), [this](const std::string& line) { told_ += line + "\n"; });
    ASSERT_TRUE(site) << site.error();
    site_ = *std::move(site);
  }

  // "200 /index.html", "307 -> /a/", "worker", "404".
  std::string Get(std::string_view target, const Ask& ask = {}) {
    const SiteRequest request{
        .method = ask.method, .authority = "example.com:8787", .target = target, .secure = false, .fields = ask.fields};
    const Decision decision = site_->Decide(request, ask.asker);
    if (decision.to_worker) return "worker";
    if (decision.file) return std::format("{} {}", decision.status, decision.file->path);
    if (!decision.location.empty()) return std::format("{} -> {}", decision.status, decision.location);
    return std::to_string(decision.status);
  }

  Reply Answer(std::string_view target, const Ask& ask = {}) {
    const SiteRequest request{
        .method = ask.method, .authority = "example.com:8787", .target = target, .secure = false, .fields = ask.fields};
    const Decision decision = site_->Decide(request, ask.asker);
    auto content = decision.file ? site_->folder().Read(*decision.file) : nullptr;
    return site_->Answer(request, decision, std::move(content), nullptr);
  }

  static std::string Field(const Reply& reply, std::string_view name) {
    std::string out;
    for (const http::HeaderField& field : reply.fields) {
      if (http::EqualsIgnoreCase(field.name, name)) out += (out.empty() ? "" : " & ") + std::string(field.value);
    }
    return out;
  }
  static std::string Body(const Reply& reply) {
    if (auto* bytes = std::get_if<http::Bytes>(&reply.body)) return std::string(bytes->view());
    return "";
  }

  ScratchFolder scratch_;
  std::string told_;
  std::shared_ptr<Site> site_;
};

// https://developers.cloudflare.com/workers/static-assets/routing/advanced/html-handling/
TEST_F(SiteTest, AutoTrailingSlash) {
  for (const char* name : {"index.html", "file.html", "folder/index.html", "both.html", "both/index.html", "bin"}) {
    scratch_.Write(name, name);
  }
  Open();
  EXPECT_EQ(Get("/"), "200 /index.html");
  EXPECT_EQ(Get("/index"), "307 -> /");
  EXPECT_EQ(Get("/index.html?a=1"), "307 -> /?a=1");
  EXPECT_EQ(Get("/file"), "200 /file.html");
  EXPECT_EQ(Get("/file.html"), "307 -> /file");
  EXPECT_EQ(Get("/file/"), "307 -> /file");
  EXPECT_EQ(Get("/file/index"), "307 -> /file");
  EXPECT_EQ(Get("/file/index.html"), "307 -> /file");
  EXPECT_EQ(Get("/folder"), "307 -> /folder/");
  EXPECT_EQ(Get("/folder.html"), "307 -> /folder/");
  EXPECT_EQ(Get("/folder/"), "200 /folder/index.html");
  EXPECT_EQ(Get("/folder/index"), "307 -> /folder/");
  EXPECT_EQ(Get("/folder/index.html"), "307 -> /folder/");
  EXPECT_EQ(Get("/both"), "200 /both.html");
  EXPECT_EQ(Get("/both.html"), "307 -> /both");
  EXPECT_EQ(Get("/both/"), "200 /both/index.html");
  EXPECT_EQ(Get("/both/index.html"), "307 -> /both/");
  EXPECT_EQ(Get("/bin"), "200 /bin");
  EXPECT_EQ(Get("/bin/"), "404");
  EXPECT_EQ(Get("/none"), "404");
}

TEST_F(SiteTest, ForceTrailingSlash) {
  for (const char* name : {"index.html", "file.html", "folder/index.html", "both.html", "both/index.html"}) {
    scratch_.Write(name, name);
  }
  Open({.html = HtmlHandling::kForceTrailingSlash});
  EXPECT_EQ(Get("/"), "200 /index.html");
  EXPECT_EQ(Get("/index.html"), "307 -> /");
  EXPECT_EQ(Get("/file"), "307 -> /file/");
  EXPECT_EQ(Get("/file.html"), "307 -> /file/");
  EXPECT_EQ(Get("/file/"), "200 /file.html");
  EXPECT_EQ(Get("/file/index"), "307 -> /file/");
  EXPECT_EQ(Get("/folder"), "307 -> /folder/");
  EXPECT_EQ(Get("/folder/"), "200 /folder/index.html");
  EXPECT_EQ(Get("/both"), "307 -> /both/");
  EXPECT_EQ(Get("/both/"), "200 /both/index.html");
  EXPECT_EQ(Get("/both.html"), "200 /both.html");
}

TEST_F(SiteTest, DropTrailingSlash) {
  for (const char* name : {"index.html", "file.html", "folder/index.html", "both.html", "both/index.html"}) {
    scratch_.Write(name, name);
  }
  Open({.html = HtmlHandling::kDropTrailingSlash});
  EXPECT_EQ(Get("/"), "200 /index.html");
  EXPECT_EQ(Get("/index"), "307 -> /");
  EXPECT_EQ(Get("/index.html"), "307 -> /");
  EXPECT_EQ(Get("/file"), "200 /file.html");
  EXPECT_EQ(Get("/file/"), "307 -> /file");
  EXPECT_EQ(Get("/file.html"), "307 -> /file");
  EXPECT_EQ(Get("/folder"), "200 /folder/index.html");
  EXPECT_EQ(Get("/folder/"), "307 -> /folder");
  EXPECT_EQ(Get("/folder/index"), "307 -> /folder");
  EXPECT_EQ(Get("/folder/index.html"), "307 -> /folder");
  EXPECT_EQ(Get("/both"), "200 /both.html");
  EXPECT_EQ(Get("/both/"), "307 -> /both");
  EXPECT_EQ(Get("/both/index.html"), "200 /both/index.html");
}

TEST_F(SiteTest, NoHtmlHandling) {
  for (const char* name : {"index.html", "file.html", "404.html"}) scratch_.Write(name, name);
  Open({.html = HtmlHandling::kNone, .not_found = NotFoundHandling::k404Page});
  EXPECT_EQ(Get("/index.html"), "200 /index.html");
  EXPECT_EQ(Get("/file.html"), "200 /file.html");
  EXPECT_EQ(Get("/"), "404 /404.html");
  EXPECT_EQ(Get("/file"), "404 /404.html");
}

TEST_F(SiteTest, NotFound) {
  for (const char* name : {"index.html", "404.html", "blog/404.html"}) scratch_.Write(name, name);
  Open({.not_found = NotFoundHandling::k404Page});
  EXPECT_EQ(Get("/x/y"), "404 /404.html");
  EXPECT_EQ(Get("/blog/2024/x"), "404 /blog/404.html");
  Open({.not_found = NotFoundHandling::kSinglePageApplication});
  EXPECT_EQ(Get("/x/y"), "200 /index.html");
  EXPECT_EQ(Get("/x", {.method = "POST"}), "405");
}

TEST_F(SiteTest, AddressesAreEncoded) {
  for (const char* name : {"a b.txt", "[x].html", "ü/index.html", "%41.txt"}) scratch_.Write(name, name);
  Open();
  EXPECT_EQ(Get("/a%20b.txt"), "200 /a b.txt");
  EXPECT_EQ(Get("/[x]"), "307 -> /%5Bx%5D");
  EXPECT_EQ(Get("/%5Bx%5D"), "200 /[x].html");
  EXPECT_EQ(Get("/%C3%BC/"), "200 /ü/index.html");
  EXPECT_EQ(Get("/%c3%bc"), "307 -> /%C3%BC/");
  EXPECT_EQ(Get("/%2541.txt"), "200 /%41.txt");
  EXPECT_EQ(Get("/%41.txt"), "404");
  EXPECT_EQ(Get("//a%20b.txt?q"), "307 -> /a%20b.txt?q");
  for (const char* hostile :
       {"/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/a%00b", "/..%5c..%5cx", "/%2f%2fevil"}) {
    EXPECT_EQ(Get(hostile), "404") << hostile;
  }
}

TEST_F(SiteTest, Worker) {
  for (const char* name : {"index.html", "a.txt", "api/doc.txt"}) scratch_.Write(name, name);
  Open({.not_found = NotFoundHandling::kSinglePageApplication, .has_worker = true});
  EXPECT_EQ(Get("/a.txt"), "200 /a.txt");
  EXPECT_EQ(Get("/a.txt", {.method = "POST"}), "405");
  EXPECT_EQ(Get("/x"), "worker");
  EXPECT_EQ(Get("/x", {.fields = {{"Sec-Fetch-Mode", "navigate"}}}), "200 /index.html");
  EXPECT_EQ(Get("/x", {.asker = Site::Asker::kWorker}), "200 /index.html");
  Open({.not_found = NotFoundHandling::kSinglePageApplication, .has_worker = true, .navigation_prefers_assets = false});
  EXPECT_EQ(Get("/x", {.fields = {{"Sec-Fetch-Mode", "navigate"}}}), "worker");
  Open({.has_worker = true, .worker_first = true});
  EXPECT_EQ(Get("/a.txt"), "worker");
  EXPECT_EQ(Get("/a.txt", {.asker = Site::Asker::kWorker}), "200 /a.txt");
  Open({.not_found = NotFoundHandling::kSinglePageApplication,
        .has_worker = true,
        .worker_first_paths = {"/api/*"},
        .assets_first_paths = {"/api/doc*"}});
  EXPECT_EQ(Get("/api/x"), "worker");
  EXPECT_EQ(Get("/api/doc.txt"), "200 /api/doc.txt");
  EXPECT_EQ(Get("/api/docs"), "200 /index.html");
  EXPECT_EQ(Get("/else"), "200 /index.html");
}

TEST_F(SiteTest, RedirectRules) {
  scratch_.Write("app/index.html", "app");
  scratch_.Write("_redirects",
                 "/old /new?a=1 301\n/ext https://x.example/p\n/app/* /app/ 200\n/gone/* /nowhere 200\nbad\n");
  Open({.has_worker = true});
  EXPECT_EQ(told_, scratch_.path() + "/_redirects:5: a rule is 'from to [status]'; this has 1 words\n");
  EXPECT_EQ(Get("/old"), "301 -> /new?a=1");
  EXPECT_EQ(Get("/old?b=2"), "301 -> /new?a=1");
  EXPECT_EQ(Get("/ext?b=2"), "302 -> https://x.example/p?b=2");
  EXPECT_EQ(Get("/app/x/y"), "200 /app/index.html");
  EXPECT_EQ(Get("/gone/x"), "404");
  EXPECT_EQ(Get("/_redirects"), "worker");
}

TEST_F(SiteTest, Answers) {
  scratch_.Write("a.txt", "0123456789");
  scratch_.Write("404.html", "missing");
  scratch_.Write("_headers",
                 "/*\n  X-A: 1\n/a.txt\n  X-A: 2\n  Cache-Control: max-age=9\n/n/:name\n  X-N: :name\n"
                 "https://example.com/a.txt\n  ! CF-Cache-Status\n");
  Open({.not_found = NotFoundHandling::k404Page});
  Reply reply = Answer("/a.txt");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(Body(reply), "0123456789");
  EXPECT_EQ(Field(reply, "content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(Field(reply, "x-a"), "1 & 2");
  EXPECT_EQ(Field(reply, "cache-control"), "max-age=9");
  EXPECT_EQ(Field(reply, "cf-cache-status"), "");
  const std::string etag = Field(reply, "etag");
  EXPECT_EQ(etag.size(), 34u);

  reply = Answer("/n/x");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(Body(reply), "missing");
  EXPECT_EQ(Field(reply, "x-n"), "x");
  EXPECT_EQ(Field(reply, "cache-control"), "public, max-age=0, must-revalidate");

  for (const std::string& condition : {etag, "W/" + etag, "\"x\", " + etag, std::string("*")}) {
    reply = Answer("/a.txt", {.fields = {{"If-None-Match", condition}}});
    EXPECT_EQ(reply.status, 304) << condition;
    EXPECT_EQ(Body(reply), "");
    EXPECT_EQ(Field(reply, "etag"), etag);
  }
  EXPECT_EQ(Answer("/a.txt", {.fields = {{"If-None-Match", "\"x\""}}}).status, 200);

  reply = Answer("/a.txt", {.fields = {{"Range", "bytes=2-4"}}});
  EXPECT_EQ(reply.status, 206);
  EXPECT_EQ(Body(reply), "234");
  EXPECT_EQ(Field(reply, "content-range"), "bytes 2-4/10");
  EXPECT_EQ(Body(Answer("/a.txt", {.fields = {{"Range", "bytes=-3"}}})), "789");
  EXPECT_EQ(Body(Answer("/a.txt", {.fields = {{"Range", "bytes=8-"}, {"If-Range", etag}}})), "89");
  EXPECT_EQ(Answer("/a.txt", {.fields = {{"Range", "bytes=8-"}, {"If-Range", "\"x\""}}}).status, 200);
  EXPECT_EQ(Answer("/a.txt", {.fields = {{"Range", "bytes=1-2,4-5"}}}).status, 200);
  reply = Answer("/a.txt", {.fields = {{"Range", "bytes=10-"}}});
  EXPECT_EQ(reply.status, 416);
  EXPECT_EQ(Field(reply, "content-range"), "bytes */10");
  EXPECT_EQ(Field(Answer("/404", {.method = "PUT"}), "allow"), "GET, HEAD");
}

TEST_F(SiteTest, LiveRules) {
  scratch_.Write("a", "a");
  Open({.live = true});
  EXPECT_EQ(Get("/a"), "200 /a");
  scratch_.Write("_redirects", "/a /b\n");
  EXPECT_EQ(Get("/a"), "302 -> /b");
  scratch_.Write("_redirects", "/a /other\n");
  EXPECT_EQ(Get("/a"), "302 -> /other");
  std::filesystem::remove(scratch_.path() + "/_redirects");
  scratch_.Write(".assetsignore", "a\n");
  EXPECT_EQ(Get("/a"), "404");
}

}  // namespace
}  // namespace verge::assets
