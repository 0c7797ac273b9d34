// Files that describe many workers.
#include "config/fleet.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/config/scratch_directory.h"

namespace verge::config {
namespace {

class FleetTest : public ::testing::Test {
 protected:
  // The messages of the errors, one a line, without the folder.
  std::string Errors(std::string_view toml) {
    auto fleet = LoadFleet(scratch_.Write("verge.toml", toml));
    std::string out;
    if (fleet) return "no error";
    for (const Problem& problem : fleet.error()) {
      out += std::to_string(problem.line) + ": " + problem.message + "\n";
    }
    return out;
  }
  ScratchDirectory scratch_;
};

TEST_F(FleetTest, ReadsWorkersAndRoutes) {
  scratch_.Write("a.js", "");
  scratch_.Write("b/wrangler.toml",
                 "name = 'other'\nmain = 'x.js'\n[vars]\nA = 'own'\nB = 'own'\n[limits]\ncpu_ms = 7\n");
  scratch_.Write("b/x.js", "");
  auto fleet = LoadFleet(scratch_.Write("verge.toml", R"(memory_mb = 512
idle_timeout = 60
[[workers]]
name = "a"
main = "a.js"
routes = ["a.test/*", { pattern = "*.a.test/api/*" }]
min_instances = 1
[[workers]]
name = "b"
main = "b"
routes = ["b.test/*"]
vars = { B = "fleet", C = 1 }
limits = { subrequests = 5 }
)"));
  ASSERT_TRUE(fleet) << fleet.error()[0].ToString();
  EXPECT_EQ(fleet->memory_bytes, 512u << 20);
  EXPECT_EQ(fleet->idle_timeout, std::chrono::seconds(60));
  ASSERT_EQ(fleet->workers.size(), 2);
  EXPECT_EQ(fleet->workers[0].min_instances, 1);
  EXPECT_EQ(fleet->routes.Find(false, "x.a.test", "/api/1"), 0);
  EXPECT_EQ(fleet->routes.Find(false, "b.test", "/"), 1);
  EXPECT_TRUE(fleet->warnings.empty());
  auto loaded = LoadFleetWorker(fleet->workers[1]);
  ASSERT_TRUE(loaded) << loaded.error()[0].ToString();
  EXPECT_EQ(loaded->worker.name, "b");
  EXPECT_EQ(loaded->worker.main, scratch_.Path("b/x.js"));
  ASSERT_EQ(loaded->worker.vars.size(), 3);
  EXPECT_EQ(loaded->worker.vars[0].text, "own");
  EXPECT_EQ(loaded->worker.vars[1].text, "fleet");
  EXPECT_EQ(loaded->worker.vars[2].json, "1");
  EXPECT_EQ(loaded->worker.limits.cpu_ms, 7);
  EXPECT_EQ(loaded->worker.limits.subrequests, 5);
}

TEST_F(FleetTest, GrantsWinAndAreMarked) {
  scratch_.Write("w/index.js", "");
  scratch_.Write("w/wrangler.toml",
                 "main = 'index.js'\n"
                 "kv_namespaces = [{binding = 'OWN', id = 'x'}, {binding = 'B', id = 'x'}]\n"
                 "services = [{binding = 'SELF', service = 'w'}]\n");
  auto fleet = LoadFleet(scratch_.Write("verge.toml",
                                        "[[workers]]\nname='w'\nmain='w'\nroutes=[]\nowner='acme'\n"
                                        "services = [{binding = 'B', service = 'other'}]\n"
                                        "d1_databases = [{binding = 'DB', database_id = 'shared'}]\n"
                                        "[[workers]]\nname='other'\nmain='w'\nroutes=[]\n"));
  ASSERT_TRUE(fleet) << fleet.error()[0].ToString();
  EXPECT_EQ(fleet->workers[0].Space(), "owners/acme");
  EXPECT_EQ(fleet->workers[1].Space(), "workers/other");
  EXPECT_EQ(fleet->Find("other"), 1u);
  EXPECT_EQ(fleet->Find("nobody"), std::nullopt);
  auto loaded = LoadFleetWorker(fleet->workers[0]);
  ASSERT_TRUE(loaded);
  const WorkerConfig& worker = loaded->worker;
  ASSERT_EQ(worker.kv_namespaces.size(), 1u);
  EXPECT_EQ(worker.kv_namespaces[0].binding, "OWN");
  EXPECT_FALSE(worker.kv_namespaces[0].granted);
  ASSERT_EQ(worker.services.size(), 2u);
  EXPECT_FALSE(worker.services[0].granted);
  EXPECT_EQ(worker.services[1].service, "other");
  EXPECT_TRUE(worker.services[1].granted);
  ASSERT_EQ(worker.d1_databases.size(), 1u);
  EXPECT_TRUE(worker.d1_databases[0].granted);
}

TEST_F(FleetTest, BoundsOfTheNode) {
  scratch_.Write("a.js", "");
  auto fleet = LoadFleet(scratch_.Write(
      "verge.toml", "max_isolates = 7\nmax_concurrent = 3\n[[workers]]\nname='a'\nmain='a.js'\nroutes=[]\n"));
  ASSERT_TRUE(fleet);
  EXPECT_EQ(fleet->max_isolates, 7u);
  EXPECT_EQ(fleet->max_concurrent, 3u);
  EXPECT_NE(Errors("max_concurrent = 0\n[[workers]]\nname='a'\nmain='a.js'\nroutes=[]\n").find("1: 'max_concurrent'"),
            std::string::npos);
}

TEST_F(FleetTest, ServicesAndOwnersAreChecked) {
  scratch_.Write("a.js", "");
  const std::string worker = "[[workers]]\nname='shop'\nmain='a.js'\nroutes=[]\n";
  EXPECT_NE(Errors(worker + "services = [{binding = 'B', service = 'shup'}]\n")
                .find("5: the worker 'shop' is bound to the service 'shup', but there is no such worker"),
            std::string::npos);
  EXPECT_NE(Errors(worker + "owner = '../x'\n").find("5: 'workers[0].owner' must be a name"), std::string::npos);
  EXPECT_NE(Errors(worker + "kv_namespaces = [{binding = 'B', id = '../x'}]\n").find("5: "), std::string::npos);
}

TEST_F(FleetTest, ErrorsNameTheirLine) {
  scratch_.Write("a.js", "");
  EXPECT_NE(Errors("").find("there are no workers"), std::string::npos);
  EXPECT_NE(Errors("[[workers]]\nmain = 'a.js'\n").find("needs a name"), std::string::npos);
  EXPECT_NE(Errors("[[workers]]\nname='a'\nroutes=['a/*']\n").find("1: 'main' is missing"), std::string::npos);
  EXPECT_NE(Errors("[[workers]]\nname='a'\nmain='a.js'\n").find("1: nothing leads to the worker 'a'"),
            std::string::npos);
  EXPECT_NE(Errors("[[workers]]\nname='a'\nmain='b.js'\nroutes=['a/*']\n").find("3: 'main' names a file"),
            std::string::npos);
  EXPECT_NE(Errors("[[workers]]\nname='a'\nmain='a.js'\nroutes=['a/*/b']\n").find("4: the route 'a/*/b' has a '*'"),
            std::string::npos);
  EXPECT_NE(
      Errors("[[workers]]\nname='a'\nmain='a.js'\nroutes=['a/*']\nlimits={cpu_ms=0}\n").find("5: 'limits.cpu_ms'"),
      std::string::npos);
  EXPECT_NE(Errors("memory_mb = 'much'\n[[workers]]\nname='a'\nmain='a.js'\nroutes=['a/*']\n").find("1: 'memory_mb'"),
            std::string::npos);
}

TEST_F(FleetTest, NamesAndRoutesAreUnique) {
  scratch_.Write("a.js", "");
  const std::string errors = Errors(
      "[[workers]]\nname='a'\nmain='a.js'\nroutes=['a.test/*']\n"
      "[[workers]]\nname='b'\nmain='a.js'\nroutes=['A.test/*']\n"
      "[[workers]]\nname='a'\nmain='a.js'\nroutes=['c.test/*', 'c.test/*']\n");
  EXPECT_NE(errors.find("8: the route 'A.test/*' belongs to the worker 'a' already (line 1)"), std::string::npos)
      << errors;
  EXPECT_NE(errors.find("10: there is a worker 'a' already, on line 1"), std::string::npos) << errors;
  EXPECT_NE(errors.find("12: the route 'c.test/*' is there twice"), std::string::npos) << errors;
}

TEST_F(FleetTest, IsFoundByItsName) {
  EXPECT_EQ(FindFleet(scratch_.path()), "");
  const std::string file = scratch_.Write("verge.toml", "");
  EXPECT_EQ(FindFleet(scratch_.path()), file);
  EXPECT_EQ(FindFleet(file), file);
  scratch_.Write("wrangler.toml", "");
  EXPECT_EQ(FindFleet(scratch_.path()), "");
  EXPECT_EQ(FindFleet(scratch_.Write("other.toml", "")), "");
}

TEST_F(FleetTest, TenThousandWorkers) {
  scratch_.Write("a.js", "");
  std::string text;
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = "w" + std::to_string(i);
    text += "[[workers]]\nname = \"" + name + "\"\nmain = \"a.js\"\nroutes = [\"" + name + ".example.com/*\"]\n";
  }
  auto fleet = LoadFleet(scratch_.Write("verge.toml", text));
  ASSERT_TRUE(fleet) << fleet.error()[0].ToString();
  EXPECT_EQ(fleet->workers.size(), 10'000);
  EXPECT_EQ(fleet->routes.Find(false, "w9999.example.com", "/"), 9999);
}

}  // namespace
}  // namespace verge::config
