// Every rule of the checker with the words that it is told in.
#include "config/checker.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace verge::config {
namespace {

using Strings = std::vector<std::string>;

Checked CheckToml(std::string_view text, std::string env = "") {
  const auto document = ReadToml(text, "w.toml");
  if (!document) {
    ADD_FAILURE() << document.error().ToString();
    return {};
  }
  return Check(*document, {"w.toml", Syntax::kToml, std::move(env), "folder"});
}

Checked CheckJson(std::string_view text, std::string env = "") {
  const auto document = ReadJsonc(text, "w.json");
  if (!document) {
    ADD_FAILURE() << document.error().ToString();
    return {};
  }
  return Check(*document, {"w.json", Syntax::kJson, std::move(env), "folder"});
}

Strings Lines(const std::vector<Problem>& problems) {
  Strings out;
  for (const Problem& problem : problems) out.push_back(problem.ToString());
  return out;
}

// The errors of a file that is right but for `line`, which is its second.
Strings ErrorsOf(std::string_view line, std::string env = "") {
  return Lines(CheckToml("main = 'a.js'\n" + std::string(line), std::move(env)).errors);
}
Strings WarningsOf(std::string_view line, std::string env = "") {
  const Checked checked = CheckToml("main = 'a.js'\n" + std::string(line), std::move(env));
  EXPECT_EQ(Lines(checked.errors), Strings{});
  return Lines(checked.warnings);
}

TEST(Checker, ReadsEverything) {
  constexpr std::string_view kToml = R"(
name = "my-worker"
main = "src/index.js"
compatibility_date = "2024-02-29"
compatibility_flags = ["nodejs_compat", "url_standard"]
[vars]
TEXT = "hello"
NUMBER = 5
LIST = [1, {a = "b"}]
[limits]
cpu_ms = 50
subrequests = 100
[[rules]]
type = "Text"
globs = ["**/*.{md,graphql}"]
fallthrough = true
)";
  constexpr std::string_view kJson = R"({
  "$schema": "node_modules/wrangler/config-schema.json",
  "name": "my-worker", "main": "src/index.js", "compatibility_date": "2024-02-29",
  "compatibility_flags": ["nodejs_compat", "url_standard"],
  "vars": { "TEXT": "hello", "NUMBER": 5, "LIST": [1, { "a": "b" }] },
  "limits": { "cpu_ms": 50, "subrequests": 100, },
  "rules": [{ "type": "Text", "globs": ["**/*.{md,graphql}"], "fallthrough": true }],
})";
  for (const Checked& checked : {CheckToml(kToml), CheckJson(kJson)}) {
    EXPECT_EQ(Lines(checked.errors), Strings{});
    EXPECT_EQ(Lines(checked.warnings), Strings{});
    const WorkerConfig& worker = checked.worker;
    EXPECT_EQ(worker.name, "my-worker");
    EXPECT_EQ(checked.main, "src/index.js");
    EXPECT_EQ(worker.compatibility_date, "2024-02-29");
    EXPECT_EQ(worker.compatibility_flags, (Strings{"nodejs_compat", "url_standard"}));
    ASSERT_EQ(worker.vars.size(), 3u);
    EXPECT_EQ(worker.vars[0].name, "TEXT");
    EXPECT_TRUE(worker.vars[0].is_text);
    EXPECT_EQ(worker.vars[0].text, "hello");
    EXPECT_EQ(worker.vars[0].json, "\"hello\"");
    EXPECT_EQ(worker.vars[1].name, "NUMBER");
    EXPECT_FALSE(worker.vars[1].is_text);
    EXPECT_EQ(worker.vars[1].json, "5");
    EXPECT_EQ(worker.vars[2].json, R"([1,{"a":"b"}])");
    EXPECT_EQ(worker.limits.cpu_ms, 50);
    EXPECT_EQ(worker.limits.subrequests, 100);
    ASSERT_EQ(worker.rules.size(), 1 + DefaultModuleRules().size());
    EXPECT_EQ(worker.rules[0].globs, (Strings{"**/*.md", "**/*.graphql"}));
    EXPECT_EQ(ClassifyModule(worker.rules, "a/b.md"), ModuleType::kText);
    EXPECT_EQ(ClassifyModule(worker.rules, "a/b.html"), ModuleType::kText);
  }
}

TEST(Checker, DefaultsAreSmall) {
  const Checked checked = CheckToml("main = 'a.js'");
  EXPECT_EQ(checked.worker.name, "folder");
  EXPECT_EQ(checked.worker.compatibility_date, "");
  EXPECT_TRUE(checked.worker.compatibility_flags.empty());
  EXPECT_TRUE(checked.worker.vars.empty());
  EXPECT_FALSE(checked.worker.limits.cpu_ms);
  EXPECT_FALSE(checked.worker.limits.subrequests);
  EXPECT_EQ(checked.worker.rules.size(), DefaultModuleRules().size());
  EXPECT_EQ(checked.main_at.line, 1);
}

TEST(Checker, Name) {
  EXPECT_EQ(ErrorsOf("name = 'a-1_b'"), Strings{});
  EXPECT_EQ(ErrorsOf("name = '_a'"), Strings{});
  EXPECT_EQ(ErrorsOf("name = '" + std::string(63, 'a') + "'"), Strings{});
  const std::string rule =
      "must be a name of lower-case letters, digits, '-' and '_', not starting with '-', at most 63 "
      "characters; found ";
  EXPECT_EQ(ErrorsOf("name = 'My Worker'"),
            Strings{"w.toml:2:8: 'name' " + rule + "'My Worker'; 'my-worker' would be one"});
  EXPECT_EQ(ErrorsOf("name = ''"), Strings{"w.toml:2:8: 'name' " + rule + "''"});
  EXPECT_EQ(ErrorsOf("name = '-a'"), Strings{"w.toml:2:8: 'name' " + rule + "'-a'; 'a' would be one"});
  EXPECT_EQ(ErrorsOf("name = '" + std::string(64, 'a') + "'").size(), 1u);
  EXPECT_EQ(ErrorsOf("name = 5"),
            Strings{"w.toml:2:8: 'name' must be a string, name = \"my-worker\"; found the number 5"});
}

TEST(Checker, Main) {
  EXPECT_EQ(Lines(CheckToml("name='a'").errors),
            Strings{"w.toml: 'main' is missing; it names the entry module: main = \"src/index.js\""});
  EXPECT_EQ(Lines(CheckJson("{}").errors),
            Strings{"w.json: 'main' is missing; it names the entry module: \"main\": \"src/index.js\""});
  EXPECT_EQ(
      Lines(CheckToml("\nmain = ['a']").errors),
      Strings{"w.toml:2:8: 'main' must be the path of the entry module: main = \"src/index.js\"; found an array"});
  EXPECT_EQ(Lines(CheckToml("main = ''").errors).size(), 1u);
  EXPECT_EQ(Lines(CheckJson(R"({"main":null})").errors),
            Strings{"w.json:1:9: 'main' must be the path of the entry module: \"main\": \"src/index.js\"; found null"});
  EXPECT_EQ(Lines(CheckJson(R"({"main":"a\u0000.js"})").errors), Strings{"w.json:1:9: 'main' contains a zero byte"});
}

TEST(Checker, CompatibilityDate) {
  for (const std::string_view good : {"2024-01-01", "2024-02-29", "1999-12-31"}) {
    EXPECT_EQ(ErrorsOf("compatibility_date = '" + std::string(good) + "'"), Strings{});
  }
  for (const std::string_view bad : {"2023-02-29", "2024-13-01", "2024-00-10", "2024-1-1", "24-01-01", "2024-01-01x",
                                     "2024/01/01", "", "latest", "2024--1-01", "+024-01-01"}) {
    EXPECT_EQ(
        ErrorsOf("compatibility_date = '" + std::string(bad) + "'"),
        Strings{"w.toml:2:22: 'compatibility_date' must be a date in quotes, compatibility_date = \"2025-06-01\"; "
                "found the string '" +
                std::string(bad) + "'"});
  }
  EXPECT_EQ(ErrorsOf("compatibility_date = 2024-03-04"),
            Strings{"w.toml:2:22: 'compatibility_date' must be a date in quotes, compatibility_date = \"2024-03-04\"; "
                    "found the date 2024-03-04 without quotes"});
}

TEST(Checker, CompatibilityFlags) {
  EXPECT_EQ(ErrorsOf("compatibility_flags = []"), Strings{});
  EXPECT_EQ(ErrorsOf("compatibility_flags = 'nodejs_compat'"),
            Strings{"w.toml:2:23: 'compatibility_flags' must be an array of strings, compatibility_flags = "
                    "[\"nodejs_compat\"]; found the string 'nodejs_compat'"});
  EXPECT_EQ(ErrorsOf("compatibility_flags = ['a', 1]"),
            Strings{"w.toml:2:29: 'compatibility_flags[1]' must be a string that is not empty; found the number 1"});
  EXPECT_EQ(ErrorsOf("compatibility_flags = ['']"),
            Strings{"w.toml:2:24: 'compatibility_flags[0]' must be a string that is not empty; found the string ''"});
}

TEST(Checker, Vars) {
  EXPECT_EQ(ErrorsOf("vars = ['A=1']"), Strings{"w.toml:2:8: 'vars' must be a table of variables; found an array"});
  EXPECT_EQ(
      ErrorsOf("vars = {A = nan}"),
      Strings{"w.toml:2:13: 'vars.A' must be something that JSON can express; found a number that is not finite"});
  EXPECT_EQ(ErrorsOf("vars = {'' = 1}"), Strings{"w.toml:2:9: '' is not a name for a variable"});
  const Checked checked =
      CheckJson(R"({"main":"a.js","vars":{"b":true,"a":null,"__proto__":{},"c":1e2,"d":"ü\n\u0001"}})");
  ASSERT_EQ(checked.worker.vars.size(), 5u);
  EXPECT_EQ(checked.worker.vars[0].json, "true");
  EXPECT_EQ(checked.worker.vars[1].json, "null");
  EXPECT_EQ(checked.worker.vars[2].name, "__proto__");
  EXPECT_EQ(checked.worker.vars[3].json, "1e2");
  EXPECT_EQ(checked.worker.vars[4].text, "ü\n\x01");
  EXPECT_EQ(checked.worker.vars[4].json, "\"ü\\n\\u0001\"");
}

TEST(Checker, Limits) {
  EXPECT_EQ(ErrorsOf("limits = {cpu_ms = 1}"), Strings{});
  EXPECT_EQ(ErrorsOf("limits = {cpu_ms = 300_000}"), Strings{});
  const std::string rule = "'limits.cpu_ms' must be a whole number of milliseconds from 1 to 300000; found ";
  EXPECT_EQ(ErrorsOf("limits = {cpu_ms = 0}"), Strings{"w.toml:2:20: " + rule + "the number 0"});
  EXPECT_EQ(ErrorsOf("limits = {cpu_ms = 300001}"), Strings{"w.toml:2:20: " + rule + "the number 300001"});
  EXPECT_EQ(ErrorsOf("limits = {cpu_ms = 1.5}"), Strings{"w.toml:2:20: " + rule + "the number 1.5"});
  EXPECT_EQ(ErrorsOf("limits = {cpu_ms = '50'}"), Strings{"w.toml:2:20: " + rule + "the string '50'"});
  EXPECT_EQ(
      ErrorsOf("limits = {subrequests = 0}"),
      Strings{"w.toml:2:25: 'limits.subrequests' must be a whole number of requests from 1 to 10000000; found the "
              "number 0"});
  EXPECT_EQ(ErrorsOf("limits = 50"),
            Strings{"w.toml:2:10: 'limits' must be a table of limits, such as cpu_ms = 50; found the number 50"});
  EXPECT_EQ(WarningsOf("limits = {cpums = 5}"),
            Strings{"w.toml:2:11: unknown key 'limits.cpums'; did you mean 'cpu_ms'?"});
}

TEST(Checker, RuleErrors) {
  EXPECT_EQ(ErrorsOf("rules = {}"),
            Strings{"w.toml:2:9: 'rules' must be an array of rules, each with 'type' and 'globs'; found a table"});
  EXPECT_EQ(ErrorsOf("rules = ['Text']"),
            Strings{"w.toml:2:10: 'rules[0]' must be a table with 'type' and 'globs'; found the string 'Text'"});
  EXPECT_EQ(ErrorsOf("rules = [{globs = ['*']}]"), Strings{"w.toml:2:10: 'rules[0]' needs type = \"Text\""});
  EXPECT_EQ(ErrorsOf("rules = [{type = 'Text'}]"), Strings{"w.toml:2:10: 'rules[0]' needs globs = [\"**/*.md\"]"});
  const std::string types = "'rules[0].type' must be one of ESModule, CommonJS, CompiledWasm, Text, Data, Json; found ";
  EXPECT_EQ(ErrorsOf("rules = [{type = 'text', globs = ['*']}]"),
            Strings{"w.toml:2:18: " + types + "the string 'text'; did you mean 'Text'?"});
  EXPECT_EQ(ErrorsOf("rules = [{type = 1, globs = ['*']}]"), Strings{"w.toml:2:18: " + types + "the number 1"});
  EXPECT_EQ(
      ErrorsOf("rules = [{type = 'Text', globs = '*'}]"),
      Strings{"w.toml:2:34: 'rules[0].globs' must be an array of globs, globs = [\"**/*.md\"]; found the string '*'"});
  EXPECT_EQ(ErrorsOf("rules = [{type = 'Text', globs = [1]}]"),
            Strings{"w.toml:2:35: 'rules[0].globs[0]' must be a string that is not empty; found the number 1"});
  EXPECT_EQ(ErrorsOf("rules = [{type = 'Text', globs = ['./']}]"),
            Strings{"w.toml:2:35: 'rules[0].globs': a glob must not be empty"});
  EXPECT_EQ(ErrorsOf("rules = [{type = 'Text', globs = ['*'], fallthrough = 1}]"),
            Strings{"w.toml:2:55: 'rules[0].fallthrough' must be true or false; found the number 1"});
  EXPECT_EQ(WarningsOf("rules = [{type = 'ESModule', globs = ['*'], fallthru = true}]"),
            Strings{"w.toml:2:45: unknown key 'rules[0].fallthru'"});
}

TEST(Checker, RulesEndTheirType) {
  // Without a word about it: as wrangler, but say so.
  EXPECT_EQ(WarningsOf("rules = [{type = 'Text', globs = ['**/*.md']}]"),
            Strings{"w.toml:2:10: this rule turns off the default one for Text (**/*.txt, **/*.html, **/*.sql); write "
                    "fallthrough = true to keep it, or fallthrough = false if that is meant"});
  const Checked ended = CheckToml("main = 'a.js'\nrules = [{type = 'Text', globs = ['**/*.md'], fallthrough = false}]");
  EXPECT_EQ(Lines(ended.warnings), Strings{});
  EXPECT_EQ(ClassifyModule(ended.worker.rules, "a.md"), ModuleType::kText);
  EXPECT_EQ(ClassifyModule(ended.worker.rules, "a.txt"), std::nullopt);
  EXPECT_EQ(ClassifyModule(ended.worker.rules, "a.js"), ModuleType::kEsModule);

  const Checked two = CheckToml(
      "main = 'a.js'\n[[rules]]\ntype = 'Data'\nglobs = ['*.a']\n[[rules]]\ntype = 'Data'\nglobs = ['*.b']\n");
  EXPECT_EQ(Lines(two.warnings),
            (Strings{"w.toml:2:1: this rule turns off the default one for Data (**/*.bin); write fallthrough = true to "
                     "keep it, or fallthrough = false if that is meant",
                     "w.toml:5:1: 'rules[1]' has no effect: the rule for Data on line 2 is not marked fallthrough = "
                     "true"}));
  EXPECT_EQ(ClassifyModule(two.worker.rules, "x.b"), std::nullopt);

  // JavaScript stays JavaScript.
  const Checked scripts = CheckToml("main = 'a.js'\nrules = [{type = 'ESModule', globs = ['**/*.es']}]");
  EXPECT_EQ(Lines(scripts.warnings), Strings{});
  EXPECT_EQ(ClassifyModule(scripts.worker.rules, "a.es"), ModuleType::kEsModule);
  EXPECT_EQ(ClassifyModule(scripts.worker.rules, "a.js"), ModuleType::kEsModule);
}

TEST(Checker, UnknownKeys) {
  EXPECT_EQ(WarningsOf("foo = 1"), Strings{"w.toml:2:1: unknown key 'foo'"});
  EXPECT_EQ(WarningsOf("compatability_date = '2024-01-01'"),
            Strings{"w.toml:2:1: unknown key 'compatability_date'; did you mean 'compatibility_date'?"});
  EXPECT_EQ(WarningsOf("[env.x]\nvarz = {}", "x"),
            Strings{"w.toml:3:1: unknown key 'env.x.varz'; did you mean 'vars'?"});
  EXPECT_EQ(WarningsOf("[env.x]\nvarz = {}"), Strings{});  // not the one that is used
  EXPECT_EQ(Lines(CheckJson("{\"main\":\"a.js\",\n  \"Vars\":{}}").warnings),
            Strings{"w.json:2:3: unknown key 'Vars'; did you mean 'vars'?"});
}

TEST(Checker, KeysNotActedOn) {
  for (const std::string_view key :
       {"vectorize", "python_modules", "durable_objects", "queues", "r2_buckets", "site", "node_compat"}) {
    EXPECT_EQ(WarningsOf(std::string(key) + " = {}"),
              Strings{"w.toml:2:1: '" + std::string(key) + "' is not acted on yet"});
  }
  EXPECT_EQ(WarningsOf("[[r2_buckets]]\nbinding = 'A'\n[[r2_buckets]]\nbinding = 'B'"),
            Strings{"w.toml:2:3: 'r2_buckets' is not acted on yet"});
  // Nothing that a running worker could miss.
  EXPECT_EQ(WarningsOf("account_id = 'x'\nworkers_dev = true\nsend_metrics = false\nroutes = []\nobservability = {}"),
            Strings{});
  // A binding of the top level is not one of the environment.
  EXPECT_EQ(
      WarningsOf("r2_buckets = []\nmigrations = []\n[env.x]\nqueues = []", "x"),
      (Strings{"w.toml:3:1: 'migrations' is not acted on yet", "w.toml:5:1: 'env.x.queues' is not acted on yet"}));
}

TEST(Checker, Assets) {
  const auto assets = CheckToml(
                          "[assets]\ndirectory = 'p'\nbinding = 'A'\nhtml_handling = 'none'\n"
                          "not_found_handling = '404-page'\nrun_worker_first = ['/a/*', '!/a/b']")
                          .worker.assets;
  ASSERT_TRUE(assets);
  EXPECT_EQ(assets->directory, "p");
  EXPECT_EQ(assets->binding, "A");
  EXPECT_EQ(assets->html_handling, "none");
  EXPECT_EQ(assets->not_found_handling, "404-page");
  EXPECT_FALSE(assets->run_worker_first);
  EXPECT_EQ(assets->worker_first_paths, Strings{"/a/*"});
  EXPECT_EQ(assets->assets_first_paths, Strings{"/a/b"});
  EXPECT_TRUE(CheckToml("assets = { directory = 'p', run_worker_first = true }").worker.assets->run_worker_first);
  EXPECT_EQ(ErrorsOf("assets = { binding = 'A' }"),
            Strings{"w.toml:2:10: 'assets' needs the folder of the files: directory = \"public\""});
  EXPECT_EQ(ErrorsOf("assets = { directory = 'p', html_handling = 'auto' }").size(), 1u);
  EXPECT_EQ(ErrorsOf("assets = { directory = 'p', run_worker_first = ['x'] }").size(), 1u);
  EXPECT_EQ(ErrorsOf("assets = { directory = 'p', run_worker_first = ['!/x'] }").size(), 1u);
  EXPECT_EQ(ErrorsOf("assets = { directory = 'p', binding = 'V' }\nvars = { V = 1 }").size(), 1u);
}

TEST(Checker, BuildingAndWaking) {
  const WorkerConfig worker = CheckToml(
                                  "minify = true\ntsconfig = 't.json'\nalias = { a = 'b' }\n"
                                  "define = { X = '1' }\ntriggers = { crons = ['0 0 * * *'] }\n"
                                  "build = { command = 'make', cwd = 'c', watch_dir = ['s', 't'] }\n"
                                  "dev = { ip = '::1', port = 1, inspector_port = 2, local_protocol = 'https' }\n"
                                  "[env.e]\ndefine = { Y = '2' }",
                                  "e")
                                  .worker;
  EXPECT_TRUE(worker.bundle.minify);
  EXPECT_TRUE(worker.bundle.keep_names);
  EXPECT_EQ(worker.bundle.tsconfig, "t.json");
  ASSERT_EQ(worker.bundle.alias.size(), 1u);
  EXPECT_EQ(worker.bundle.alias[0].to, "b");
  ASSERT_EQ(worker.bundle.define.size(), 1u);  // the environment's own
  EXPECT_EQ(worker.bundle.define[0].from, "Y");
  EXPECT_EQ(worker.crons, Strings{"0 0 * * *"});
  EXPECT_EQ(worker.build.command, "make");
  EXPECT_EQ(worker.build.watch_dirs, (Strings{"s", "t"}));
  EXPECT_EQ(worker.dev.port, 1);
  EXPECT_TRUE(worker.dev.https);
  EXPECT_EQ(ErrorsOf("triggers = { crons = ['* * * *'] }").size(), 1u);
  EXPECT_EQ(ErrorsOf("define = { X = 1 }").size(), 1u);
  EXPECT_EQ(ErrorsOf("define = { 'X=Y' = '1' }").size(), 1u);
  EXPECT_EQ(ErrorsOf("minify = 'yes'").size(), 1u);
  EXPECT_EQ(ErrorsOf("dev = { port = 70000 }").size(), 1u);
  EXPECT_EQ(WarningsOf("build = { upload = {} }").size(), 1u);
}

TEST(Checker, KvNamespaces) {
  const auto found = [](std::string_view text, std::string env = "") {
    std::string out;
    for (const KvNamespace& each : CheckToml(text, env).worker.kv_namespaces) {
      out += each.binding + "=" + each.id + (each.has_id ? "" : "?") + "/" + each.preview_id + " ";
    }
    return out;
  };
  EXPECT_EQ(found("[[kv_namespaces]]\nbinding = 'A'\nid = 'x-1_Y.z'\n[[kv_namespaces]]\nbinding = 'B'\n"
                  "preview_id = 'p'"),
            "A=x-1_Y.z/ B=B?/p ");
  // Not inherited.
  EXPECT_EQ(
      found("kv_namespaces = [{binding = 'A', id = 'x'}]\n[env.e]\nkv_namespaces = [{binding = 'B', id = 'y'}]", "e"),
      "B=y/ ");
  EXPECT_EQ(found("kv_namespaces = [{binding = 'A', id = 'x'}]\n[env.e]\n", "e"), "");
  for (const std::string_view id : {"", ".", "../x", "a/b", ".a", "a b", "\u00e4"}) {
    EXPECT_EQ(ErrorsOf("kv_namespaces = [{binding = 'A', id = \"" + std::string(id) + "\"}]").size(), 1u) << id;
  }
}

TEST(Checker, D1Databases) {
  const auto read = [](std::string_view text, std::string env = "") {
    std::string out;
    for (const D1Database& each :
         CheckToml("main = 'a.js'\n" + std::string(text), std::move(env)).worker.d1_databases) {
      out += each.binding + " " + each.name + " " + each.id + " " + each.migrations_dir + " " + each.migrations_table +
             ";";
    }
    return out;
  };
  EXPECT_EQ(
      read("[[d1_databases]]\nbinding = 'DB'\ndatabase_name = 'users'\ndatabase_id = '1-2'\nmigrations_dir = 'm'\n"
           "migrations_table = 't'\n[[d1_databases]]\nbinding = 'B'\ndatabase_name = 'logs'\n[[d1_databases]]\n"
           "binding = 'C'"),
      "DB users 1-2 m t;B logs logs migrations d1_migrations;C  C migrations d1_migrations;");
  // Not inherited.
  EXPECT_EQ(read("[[d1_databases]]\nbinding = 'DB'\n[env.x]\n", "x"), "");
  EXPECT_EQ(read("[[d1_databases]]\nbinding = 'DB'\n[[env.x.d1_databases]]\nbinding = 'E'", "x"),
            "E  E migrations d1_migrations;");
  EXPECT_EQ(WarningsOf("[[d1_databases]]\nbinding = 'DB'\ndatabase_nam = 'x'"),
            Strings{"w.toml:4:1: unknown key 'd1_databases[0].database_nam'; did you mean 'database_name'?"});
  EXPECT_EQ(
      ErrorsOf("[[d1_databases]]\nbinding = 'DB'\ndatabase_id = 5"),
      Strings{"w.toml:4:15: 'd1_databases[0].database_id' must be a string that is not empty; found the number 5"});
  EXPECT_EQ(ErrorsOf("[vars]\nDB = 1\n[[d1_databases]]\nbinding = 'DB'"),
            Strings{"w.toml:5:11: 'DB' is the name of another variable or binding"});
}

TEST(Checker, EnvironmentsInherit) {
  constexpr std::string_view kText = R"(
name = "w"
main = "a.js"
compatibility_date = "2024-01-01"
compatibility_flags = ["a"]
limits = {cpu_ms = 5}
rules = [{type = "Text", globs = ["*.md"], fallthrough = true}]
vars = {A = "top"}
[env.same]
vars = {A = "env"}
[env.other]
name = "own"
main = "b.js"
compatibility_date = "2024-02-02"
compatibility_flags = []
limits = {cpu_ms = 6}
rules = []
vars = {A = "other"}
)";
  const Checked same = CheckToml(kText, "same");
  EXPECT_EQ(Lines(same.errors), Strings{});
  EXPECT_EQ(Lines(same.warnings), Strings{});
  EXPECT_EQ(same.worker.name, "w-same");
  EXPECT_EQ(same.main, "a.js");
  EXPECT_EQ(same.worker.compatibility_date, "2024-01-01");
  EXPECT_EQ(same.worker.compatibility_flags, Strings{"a"});
  EXPECT_EQ(same.worker.limits.cpu_ms, 5);
  EXPECT_EQ(same.worker.rules.size(), DefaultModuleRules().size() + 1);
  ASSERT_EQ(same.worker.vars.size(), 1u);
  EXPECT_EQ(same.worker.vars[0].text, "env");

  const Checked other = CheckToml(kText, "other");
  EXPECT_EQ(Lines(other.errors), Strings{});
  EXPECT_EQ(other.worker.name, "own");
  EXPECT_EQ(other.main, "b.js");
  EXPECT_EQ(other.main_at.line, 13);
  EXPECT_EQ(other.worker.compatibility_date, "2024-02-02");
  EXPECT_TRUE(other.worker.compatibility_flags.empty());
  EXPECT_EQ(other.worker.limits.cpu_ms, 6);
  EXPECT_EQ(other.worker.rules.size(), DefaultModuleRules().size());

  const Checked top = CheckToml(kText);
  EXPECT_EQ(top.worker.name, "w");
  EXPECT_EQ(top.worker.vars[0].text, "top");
  EXPECT_EQ(Lines(top.warnings), Strings{});
}

TEST(Checker, VarsAreNotInherited) {
  const Checked none = CheckToml("main = 'a.js'\nvars = {A = '1', B = '2'}\n[env.x]\n", "x");
  EXPECT_TRUE(none.worker.vars.empty());
  EXPECT_EQ(Lines(none.warnings),
            Strings{"w.toml:2:1: 'vars' is not inherited: environment 'x' does not have 'A', 'B'"});
  const Checked some = CheckToml("main = 'a.js'\nvars = {A = '1', B = '2'}\n[env.x.vars]\nB = '3'", "x");
  EXPECT_EQ(Lines(some.warnings), Strings{"w.toml:2:1: 'vars' is not inherited: environment 'x' does not have 'A'"});
  const Checked many = CheckToml("main = 'a.js'\nvars = {A=1,B=1,C=1,D=1,E=1,F=1,G=1}\n[env.x]\n", "x");
  EXPECT_EQ(Lines(many.warnings),
            Strings{"w.toml:2:1: 'vars' is not inherited: environment 'x' does not have 'A', 'B', "
                    "'C', 'D', 'E' and 2 more"});
}

TEST(Checker, Environments) {
  EXPECT_EQ(ErrorsOf("[env.staging]\n[env.production]", "prod"),
            Strings{"w.toml:2:2: there is no environment 'prod'; the file has 'staging', 'production'"});
  EXPECT_EQ(ErrorsOf("[env.staging]", "stagin"),
            Strings{"w.toml:2:2: there is no environment 'stagin'; the file has 'staging'; did you mean 'staging'?"});
  EXPECT_EQ(WarningsOf("", "prod"),
            Strings{"w.toml: there is no environment 'prod' (the file has none); the top level is used"});
  EXPECT_EQ(ErrorsOf("env = 'x'"), Strings{"w.toml:2:7: 'env' must be a table of environments; found the string 'x'"});
  EXPECT_EQ(ErrorsOf("env = {x = 1}", "x"), Strings{"w.toml:2:12: 'env.x' must be a table; found the number 1"});
  EXPECT_EQ(ErrorsOf("[env.x]\nlimits = {cpu_ms = -1}", "x"),
            Strings{"w.toml:3:20: 'env.x.limits.cpu_ms' must be a whole number of milliseconds from 1 to 300000; found "
                    "the number -1"});
  EXPECT_EQ(ErrorsOf("[env.Prod]", "Prod"),
            Strings{"w.toml:2:6: the worker would be called 'folder-Prod', which is not a name of lower-case letters, "
                    "digits, '-' and '_', not starting with '-', at most 63 characters; give it one: name = "
                    "\"folder-prod\""});
  EXPECT_EQ(ErrorsOf("[env.Prod]\nname='prod'", "Prod"), Strings{});
  EXPECT_EQ(WarningsOf("[env.x]\ndev = {}\n[env.x.env.y]", "x"),
            (Strings{"w.toml:3:1: 'env.x.dev' has no effect: 'dev' belongs at the top level",
                     "w.toml:4:8: 'env.x.env' has no effect: 'env' belongs at the top level"}));
}

TEST(Checker, ReportsEverythingInOrder) {
  EXPECT_EQ(Lines(CheckToml("vars = 1\nlimits = 1\nname = 1\nmain = 1\n").errors),
            (Strings{"w.toml:1:8: 'vars' must be a table of variables; found the number 1",
                     "w.toml:2:10: 'limits' must be a table of limits, such as cpu_ms = 50; found the number 1",
                     "w.toml:3:8: 'name' must be a string, name = \"my-worker\"; found the number 1",
                     "w.toml:4:8: 'main' must be the path of the entry module: main = \"src/index.js\"; found the "
                     "number 1"}));
}

TEST(Checker, ReportsAreBounded) {
  std::string text = "main = 'a.js'\n";
  for (int i = 0; i < 5000; ++i) text += "key" + std::to_string(i) + " = 1\n";
  const Checked checked = CheckToml(text);
  EXPECT_EQ(checked.warnings.size(), 51u);
  EXPECT_EQ(checked.warnings.back().ToString(), "w.toml: … and 51 more warnings");

  std::string json = R"({"main":"a.js","rules":[)";
  for (int i = 0; i < 20'000; ++i) json += "1,";
  const Checked rules = CheckJson(json + "]}");
  EXPECT_EQ(rules.errors.size(), 51u);
}

TEST(NameFrom, MakesNames) {
  EXPECT_EQ(NameFrom("hello"), "hello");
  EXPECT_EQ(NameFrom("My Worker (2).v1"), "my-worker-2-v1");
  EXPECT_EQ(NameFrom("--a--b--"), "a-b");
  EXPECT_EQ(NameFrom("über"), "ber");
  EXPECT_EQ(NameFrom(""), "worker");
  EXPECT_EQ(NameFrom("///"), "worker");
  EXPECT_EQ(NameFrom(std::string(100, 'a')), std::string(63, 'a'));
}

TEST(MainOf, LooksAhead) {
  const auto document = ReadToml("main='a'\n[env.x]\nmain='b'\n[env.y]\n[env.z]\nmain=1", "f");
  ASSERT_TRUE(document);
  EXPECT_EQ(MainOf(*document, ""), "a");
  EXPECT_EQ(MainOf(*document, "x"), "b");
  EXPECT_EQ(MainOf(*document, "y"), "a");
  EXPECT_EQ(MainOf(*document, "z"), "");
  EXPECT_EQ(MainOf(*document, "none"), "a");
}

}  // namespace
}  // namespace verge::config
