// Finding projects on disk.
#include "config/project.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/config/scratch_directory.h"

namespace verge::config {
namespace {

using Strings = std::vector<std::string>;

class Project : public ::testing::Test {
 protected:
  // Messages with the scratch directory's name taken out.
  [[nodiscard]] Strings Lines(const std::vector<Problem>& problems) const {
    Strings out;
    for (const Problem& problem : problems) {
      std::string line = problem.ToString();
      const std::string prefix = directory_.path() + "/";
      for (size_t i; (i = line.find(prefix)) != std::string::npos;) line.erase(i, prefix.size());
      for (size_t i; (i = line.find(directory_.path())) != std::string::npos;) {
        line.replace(i, directory_.path().size(), "DIR");
      }
      out.push_back(line);
    }
    return out;
  }

  [[nodiscard]] LoadOptions At(std::string_view name) const {
    LoadOptions options;
    options.path = name.empty() ? directory_.path() : directory_.Path(name);
    return options;
  }

  WorkerConfig LoadOk(const LoadOptions& options) {
    auto result = Load(options);
    if (!result) {
      for (const std::string& line : Lines(result.error())) ADD_FAILURE() << line;
      return {};
    }
    warnings_ = Lines(result->warnings);
    return std::move(result->worker);
  }

  Strings ErrorsOf(const LoadOptions& options) {
    const auto result = Load(options);
    return result ? Strings{"no error"} : Lines(result.error());
  }

  static Strings VarsOf(const WorkerConfig& worker) {
    Strings out;
    for (const Var& var : worker.vars) out.push_back(var.name + "=" + (var.is_text ? var.text : var.json));
    return out;
  }

  ScratchDirectory directory_;
  Strings warnings_;
};

TEST_F(Project, DirectoryWithConfiguration) {
  directory_.Write("wrangler.toml", "name = 'w'\nmain = 'src/index.js'\n");
  directory_.Write("src/index.js", "");
  const WorkerConfig worker = LoadOk(At(""));
  EXPECT_EQ(worker.name, "w");
  EXPECT_EQ(worker.root, directory_.path());
  EXPECT_EQ(worker.main, directory_.Path("src/index.js"));
  EXPECT_EQ(worker.source, directory_.Path("wrangler.toml"));
  EXPECT_EQ(warnings_, Strings{});
}

TEST_F(Project, ConfigurationsHaveAnOrder) {
  directory_.Write("a.js", "");
  directory_.Write("wrangler.toml", "name = 'toml'\nmain = 'a.js'\n");
  EXPECT_EQ(LoadOk(At("")).name, "toml");
  directory_.Write("wrangler.jsonc", R"({"name": "jsonc", "main": "a.js", /* c */})");
  EXPECT_EQ(LoadOk(At("")).name, "jsonc");
  EXPECT_EQ(warnings_.size(), 1u);
  directory_.Write("wrangler.json", R"({"name": "json", "main": "a.js", // c
  })");
  EXPECT_EQ(LoadOk(At("")).name, "json");
  EXPECT_EQ(warnings_.size(), 2u);
  EXPECT_TRUE(warnings_[0].starts_with("wrangler.jsonc: this file is ignored, because there is ")) << warnings_[0];
  // By name, any of them.
  EXPECT_EQ(LoadOk(At("wrangler.toml")).name, "toml");
  EXPECT_EQ(warnings_, Strings{});
}

TEST_F(Project, AnyNameForAConfiguration) {
  directory_.Write("conf/other.toml", "main = '../lib/a.js'\n");
  directory_.Write("lib/a.js", "");
  const WorkerConfig worker = LoadOk(At("conf/other.toml"));
  EXPECT_EQ(worker.name, "conf");
  // `main` leads out of the folder: its own folder is the root.
  EXPECT_EQ(worker.root, directory_.Path("lib"));
  EXPECT_EQ(worker.main, directory_.Path("lib/a.js"));
}

TEST_F(Project, DirectoryWithoutConfiguration) {
  for (const std::string_view name :
       {"src/index.mjs", "src/worker.js", "src/index.js", "worker.mjs", "worker.js", "index.mjs", "index.js"}) {
    // Each one comes before those that are there already.
    directory_.Write(std::string("My Worker/") + std::string(name), "");
    const WorkerConfig worker = LoadOk(At("My Worker"));
    EXPECT_EQ(worker.main, directory_.Path("My Worker/") + std::string(name));
    EXPECT_EQ(worker.root, directory_.Path("My Worker"));
    EXPECT_EQ(worker.name, "my-worker");
    EXPECT_EQ(worker.source, "");
    EXPECT_EQ(worker.rules.size(), DefaultModuleRules().size());
    EXPECT_EQ(warnings_, Strings{});
  }
}

TEST_F(Project, EmptyDirectory) {
  EXPECT_EQ(
      ErrorsOf(At("")),
      Strings{"DIR: there is no worker here; looked for wrangler.json, wrangler.jsonc, wrangler.toml, index.js, "
              "index.mjs, worker.js, worker.mjs, src/index.js, src/worker.js, src/index.mjs, index.ts, worker.ts, "
              "src/index.ts, src/worker.ts"});
}

TEST_F(Project, CurrentDirectory) {
  directory_.Write("wrangler.toml", "main = 'a.js'\nwhat = 1");
  directory_.Write("a.js", "");
  char before[4096];
  ASSERT_NE(::getcwd(before, sizeof before), nullptr);
  ASSERT_EQ(::chdir(directory_.path().c_str()), 0);
  for (const char* path : {"", ".", "./", "wrangler.toml", "./wrangler.toml", "a.js", "./a.js"}) {
    LoadOptions options;
    options.path = path;
    const auto result = Load(options);
    EXPECT_TRUE(result) << path;
    if (!result) continue;
    EXPECT_EQ(result->worker.main, directory_.Path("a.js")) << path;
    EXPECT_EQ(result->worker.source, directory_.Path("wrangler.toml")) << path;
    ASSERT_EQ(result->warnings.size(), 1u);
    // Named the way that it was asked for, in the short way where there is a choice.
    const std::string file = std::string_view(path) == "./wrangler.toml" ? "./wrangler.toml" : "wrangler.toml";
    EXPECT_EQ(result->warnings[0].ToString(), file + ":2:1: unknown key 'what'") << path;
  }
  ASSERT_EQ(::chdir(before), 0);
}

TEST_F(Project, ScriptAlone) {
  directory_.Write("dir/hello.js", "");
  const WorkerConfig worker = LoadOk(At("dir/hello.js"));
  EXPECT_EQ(worker.name, "hello");
  EXPECT_EQ(worker.root, directory_.Path("dir"));
  EXPECT_EQ(worker.main, directory_.Path("dir/hello.js"));
  EXPECT_EQ(worker.source, "");
  directory_.Write("dir/src/index.mjs", "");
  EXPECT_EQ(LoadOk(At("dir/src/index.mjs")).name, "dir");
  directory_.Write("dir/worker.cjs", "");
  EXPECT_EQ(LoadOk(At("dir/worker.cjs")).name, "dir");
}

TEST_F(Project, ScriptWithItsConfiguration) {
  directory_.Write("a.js", "");
  directory_.Write("b.js", "");
  directory_.Write("wrangler.toml", "name = 'w'\nmain = './a.js'\n[env.x]\nmain = 'b.js'");
  EXPECT_EQ(LoadOk(At("a.js")).name, "w");
  const WorkerConfig other = LoadOk(At("b.js"));
  EXPECT_EQ(other.name, "b");
  EXPECT_EQ(other.source, "");
  LoadOptions options = At("b.js");
  options.env = "x";
  EXPECT_EQ(LoadOk(options).name, "w-x");
}

TEST_F(Project, ScriptWithABrokenConfiguration) {
  directory_.Write("a.js", "");
  directory_.Write("wrangler.json", "{\n");
  EXPECT_EQ(ErrorsOf(At("a.js")),
            Strings{"wrangler.json:2:1: expected a key in double quotes or '}', found the end of the file"});
}

TEST_F(Project, WrongPaths) {
  directory_.Write("a.png", "");
  directory_.Write("noextension", "");
  EXPECT_EQ(ErrorsOf(At("none.js")), Strings{"none.js: there is no such file or directory"});
  EXPECT_EQ(ErrorsOf(At("none.toml")), Strings{"none.toml: there is no such file or directory"});
  const std::string neither =
      ": this is neither a script (.js, .mjs, .cjs, .ts, .tsx, .jsx) nor a configuration (.toml, .json, .jsonc)";
  EXPECT_EQ(ErrorsOf(At("a.png")), Strings{"a.png" + neither});
  EXPECT_EQ(ErrorsOf(At("noextension")), Strings{"noextension" + neither});
  LoadOptions zero;
  zero.path = std::string("a\0b", 3);
  EXPECT_EQ(ErrorsOf(zero), Strings{"a\\x00b: a path with a zero byte"});
}

TEST_F(Project, TypeScriptIsFound) {
  directory_.Write("a-worker.ts", "");
  EXPECT_EQ(LoadOk(At("a-worker.ts")).main, directory_.Path("a-worker.ts"));
  EXPECT_EQ(LoadOk(At("a-worker.ts")).name, "a-worker");
  directory_.Write("x/src/index.ts", "");
  EXPECT_EQ(LoadOk(At("x")).main, directory_.Path("x/src/index.ts"));
  // What is compiled already comes first.
  directory_.Write("x/src/index.mjs", "");
  EXPECT_EQ(LoadOk(At("x")).main, directory_.Path("x/src/index.mjs"));
  directory_.Write("y/wrangler.toml", "name = 'y'\nmain = 'i.tsx'");
  directory_.Write("y/i.tsx", "");
  EXPECT_EQ(LoadOk(At("y")).main, directory_.Path("y/i.tsx"));
}

TEST_F(Project, WrongMain) {
  directory_.Write("wrangler.toml", "name = 'y'\nmain = 'src/index.js'\n");
  EXPECT_TRUE(ErrorsOf(At(""))[0].starts_with("wrangler.toml:2:1: 'main' names a file that does not exist: "));
  directory_.Write("src/index.js/x", "");
  EXPECT_TRUE(
      ErrorsOf(At(""))[0].starts_with("wrangler.toml:2:1: 'main' names something that is not a regular file: "));
  directory_.Write("wrangler.toml", "name = 'y'\nmain = 'a.txt'\n");
  directory_.Write("a.txt", "");
  EXPECT_TRUE(ErrorsOf(At(""))[0].starts_with(
      "wrangler.toml:2:1: 'main' must name a script (.js, .mjs, .cjs, .ts, .tsx, .jsx): "));
  // Unless a rule makes it one.
  directory_.Write("wrangler.toml", "main = 'a.txt'\nrules = [{type = 'ESModule', globs = ['*.txt']}]");
  EXPECT_EQ(LoadOk(At("")).main, directory_.Path("a.txt"));
}

TEST_F(Project, ErrorsComeTogether) {
  directory_.Write("wrangler.toml", "name = 'Y'\nmain = 'none.js'\n");
  const Strings errors = ErrorsOf(At(""));
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_TRUE(errors[0].starts_with("wrangler.toml:1:8: 'name' must be")) << errors[0];
  EXPECT_TRUE(errors[1].starts_with("wrangler.toml:2:1: 'main' names")) << errors[1];
}

TEST_F(Project, SymbolicLinksAreResolved) {
  directory_.Write("real/a.js", "");
  ASSERT_EQ(::symlink("real", directory_.Path("link").c_str()), 0);
  const WorkerConfig script = LoadOk(At("link/a.js"));
  EXPECT_EQ(script.main, directory_.Path("real/a.js"));
  EXPECT_EQ(script.root, directory_.Path("real"));
  // A link out of the folder does not take the folder along.
  directory_.Write("conf/wrangler.toml", "main = 'm.js'");
  ASSERT_EQ(::symlink("../real/a.js", directory_.Path("conf/m.js").c_str()), 0);
  const WorkerConfig linked = LoadOk(At("conf"));
  EXPECT_EQ(linked.main, directory_.Path("real/a.js"));
  EXPECT_EQ(linked.root, directory_.Path("real"));
}

TEST_F(Project, FilesThatAreNotFiles) {
  ASSERT_EQ(::mkfifo(directory_.Path("wrangler.toml").c_str(), 0600), 0);
  EXPECT_EQ(ErrorsOf(At("")), Strings{"wrangler.toml: cannot be read: it is not a regular file"});
  ASSERT_EQ(::mkfifo(directory_.Path("a.js").c_str(), 0600), 0);
  EXPECT_EQ(ErrorsOf(At("a.js")), Strings{"a.js: this is not a regular file"});
}

TEST_F(Project, FilesThatAreTooLarge) {
  directory_.Write("wrangler.toml", std::string(1 << 20, '#') + "#");
  EXPECT_EQ(ErrorsOf(At("")), Strings{"wrangler.toml: is larger than 1048576 bytes"});
  directory_.Write("wrangler.toml", std::string(1 << 20, '#'));
  EXPECT_TRUE(ErrorsOf(At(""))[0].starts_with("wrangler.toml: 'main' is missing"));
}

TEST_F(Project, VarsFromTheCommandLineWin) {
  directory_.Write("a.js", "");
  directory_.Write("wrangler.toml", "main = 'a.js'\nvars = {A = 'file', B = 2}");
  directory_.Write(".dev.vars", "B=dev\nC=dev\n");
  LoadOptions options = At("");
  options.vars = {{"B", "1"}, {"D", "x"}, {"B", "2"}};
  EXPECT_EQ(VarsOf(LoadOk(options)), (Strings{"A=file", "B=2", "D=x"}));
  options.development = true;
  const WorkerConfig worker = LoadOk(options);
  EXPECT_EQ(VarsOf(worker), (Strings{"A=file", "B=2", "C=dev", "D=x"}));
  EXPECT_TRUE(worker.vars[1].is_text);
  EXPECT_EQ(worker.vars[1].json, "\"2\"");
  options.vars = {{"", "x"}};
  EXPECT_EQ(ErrorsOf(options), Strings{"a variable without a name"});
}

TEST_F(Project, LocalVars) {
  directory_.Write("a.js", "");
  directory_.Write("wrangler.toml", "main = 'a.js'\nvars = {A = 'file'}\n[env.x]\nvars = {A = 'x'}");
  directory_.Write(".env", "A=env\nB=${A}!\n");
  directory_.Write(".env.local", "A=local\n");
  directory_.Write(".env.x", "C=x\n");
  directory_.Write(".env.x.local", "C=xlocal\n");
  LoadOptions options = At("");
  EXPECT_EQ(VarsOf(LoadOk(options)), Strings{"A=file"});
  options.development = true;
  EXPECT_EQ(VarsOf(LoadOk(options)), (Strings{"A=local", "B=local!"}));
  options.env = "x";
  EXPECT_EQ(VarsOf(LoadOk(options)), (Strings{"A=local", "B=local!", "C=xlocal"}));
  // .dev.vars silences .env, the one of the environment silences the general one.
  directory_.Write(".dev.vars", "A=dev $A\n");
  EXPECT_EQ(VarsOf(LoadOk(options)), Strings{"A=dev $A"});
  directory_.Write(".dev.vars.x", "A=devx\nnonsense\n");
  EXPECT_EQ(VarsOf(LoadOk(options)), Strings{"A=devx"});
  EXPECT_EQ(warnings_, Strings{".dev.vars.x:2:1: this line is not NAME=value and is left out"});
  directory_.Write(".dev.vars.x", "A='open\n");
  EXPECT_EQ(ErrorsOf(options), Strings{".dev.vars.x:1:3: the value of 'A' has no closing '"});
}

TEST_F(Project, LocalVarsOfAScript) {
  directory_.Write("a.js", "");
  directory_.Write(".dev.vars", "A=dev\n");
  LoadOptions options = At("a.js");
  EXPECT_EQ(VarsOf(LoadOk(options)), Strings{});
  options.development = true;
  EXPECT_EQ(VarsOf(LoadOk(options)), Strings{"A=dev"});
}

// An environment's name does not lead to other directories.
TEST_F(Project, EnvironmentNamesAreNotPaths) {
  directory_.Write("d/a.js", "");
  directory_.Write("d/.dev.vars.dir/x", "");
  directory_.Write("secret", "S=1\n");
  LoadOptions options = At("d");
  directory_.Write("d/index.js", "");
  options.development = true;
  options.env = "dir/../../secret";
  EXPECT_EQ(VarsOf(LoadOk(options)), Strings{});
}

TEST_F(Project, EnvironmentWithoutConfiguration) {
  directory_.Write("a.js", "");
  LoadOptions options = At("a.js");
  options.env = "prod";
  LoadOk(options);
  EXPECT_EQ(warnings_, Strings{"a.js: there is no configuration, hence no environment 'prod'"});
}

}  // namespace
}  // namespace verge::config
