// The declarations of a worker's environment.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/types/env_types.h"
#include "config/value.h"

namespace verge::cli {
namespace {

config::WorkerConfig Worker(std::vector<config::Var> vars) {
  config::WorkerConfig worker;
  worker.vars = std::move(vars);
  return worker;
}

config::Var Json(std::string name, std::string json) {
  config::Var var;
  var.name = std::move(name);
  var.json = std::move(json);
  return var;
}

config::Var Text(std::string name, std::string_view text) { return Json(std::move(name), config::JsonString(text)); }

TEST(EnvTypes, Bindings) {
  config::WorkerConfig worker = Worker({Text("WORD", "a \"b\"\n"), Json("N", "-1.5"), Json("O", R"({"a":[1,null]})")});
  worker.kv_namespaces.emplace_back().binding = "NS";
  worker.d1_databases.emplace_back().binding = "DB";
  EXPECT_EQ(EnvTypes(std::array{worker}, {"SECRET"}),
            "declare namespace Cloudflare {\n  interface Env {\n"
            "    NS: KVNamespace;\n    DB: D1Database;\n    WORD: \"a \\\"b\\\"\\n\";\n    N: -1.5;\n"
            "    O: {\"a\":[1,null]};\n    SECRET: string;\n"
            "  }\n}\ninterface Env extends Cloudflare.Env {}\n");
}

TEST(EnvTypes, ServicesAndAssets) {
  config::WorkerConfig worker;
  worker.name = "me";
  worker.source = "/p/wrangler.toml";
  worker.main = "/p/src/index.ts";
  const auto bind = [&](std::string binding, std::string service, std::string entrypoint) {
    config::ServiceBinding& made = worker.services.emplace_back();
    made.binding = std::move(binding);
    made.service = std::move(service);
    made.entrypoint = std::move(entrypoint);
  };
  bind("OTHER", "other", "");
  bind("SELF", "me", "");
  bind("CLASS", "me", "A\"b");
  worker.assets.emplace().binding = "ASSETS";
  const std::string text = EnvTypes(std::array{worker}, {});
  EXPECT_NE(text.find("    OTHER: Fetcher;\n"
                      "    SELF: Service<(typeof import(\"./src/index\"))[\"default\"]>;\n"
                      "    CLASS: Service<(typeof import(\"./src/index\"))[\"A\\\"b\"]>;\n"
                      "    ASSETS: Fetcher;\n"),
            std::string::npos)
      << text;
}

TEST(EnvTypes, Environments) {
  const std::string text = EnvTypes(std::array{Worker({Text("MODE", "dev"), Text("SAME", "x")}),
                                               Worker({Text("MODE", "live"), Text("SAME", "x"), Json("ONLY", "true")})},
                                    {});
  EXPECT_NE(text.find("    MODE: \"dev\" | \"live\";\n    SAME: \"x\";\n    ONLY?: true;\n"), std::string::npos)
      << text;
}

TEST(EnvTypes, ASecretIsAnyString) {
  const std::string text = EnvTypes(std::array{Worker({Text("KEY", "x")})}, {"KEY"});
  EXPECT_NE(text.find("    KEY: string;\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("\"x\""), std::string::npos) << text;
}

TEST(EnvTypes, NamesThatAreNoIdentifiers) {
  const std::string text =
      EnvTypes(std::array{Worker({Json("a-b", "1"), Json("2", "2"), Json("}\n*/ x: any", "3")})}, {});
  EXPECT_NE(text.find("    \"a-b\": 1;\n    \"2\": 2;\n    \"}\\n*/ x: any\": 3;\n"), std::string::npos) << text;
}

TEST(RuntimeTypes, PackagesComeFirst) {
  EXPECT_NE(RuntimeReferences({.workers_types = true}).find("@cloudflare/workers-types"), std::string::npos);
  EXPECT_EQ(RuntimeDeclarations({.workers_types = true}), "");
  EXPECT_EQ(RuntimeDeclarations({.node_types = true}).find("node:async_hooks"), std::string::npos);
  EXPECT_NE(RuntimeDeclarations({}).find("node:async_hooks"), std::string::npos);
  EXPECT_NE(RuntimeDeclarations({}).find("interface KVNamespace"), std::string::npos);
}

}  // namespace
}  // namespace verge::cli
