#include "cli/options/options.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <random>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/options/option_table.h"

namespace verge::cli {
namespace {

using Args = std::vector<const char*>;

Options ParseOk(const Args& args) {
  auto options = Parse(args);
  if (!options) {
    ADD_FAILURE() << options.error();
    return {};
  }
  return *std::move(options);
}

std::string ErrorOf(const Args& args) {
  const auto options = Parse(args);
  return options ? "no error" : options.error();
}

TEST(Options, ServeHasDefaults) {
  const Options options = ParseOk({"serve"});
  EXPECT_EQ(options.command, Command::kServe);
  EXPECT_EQ(options.path, "");
  EXPECT_EQ(options.env, "");
  EXPECT_TRUE(options.vars.empty());
  EXPECT_EQ(options.host, "127.0.0.1");
  EXPECT_EQ(options.port, 8787);
  EXPECT_EQ(options.shards, AvailableCpus());
  EXPECT_EQ(options.cpu_ms, std::nullopt);
  EXPECT_EQ(options.max_body, std::nullopt);
  EXPECT_EQ(options.drain_timeout, 30);
  EXPECT_EQ(options.pbkdf2_iterations, 100'000u);
  EXPECT_EQ(options.log_format, LogFormat::kText);
  EXPECT_TRUE(options.color);
  EXPECT_EQ(DefaultCpuMs(Command::kServe), 50);
}

TEST(Options, DevHasDefaults) {
  const Options options = ParseOk({"dev"});
  EXPECT_EQ(options.command, Command::kDev);
  EXPECT_EQ(options.host, "127.0.0.1");
  EXPECT_EQ(options.port, 8787);
  EXPECT_EQ(options.shards, 1);
  EXPECT_EQ(options.cpu_ms, std::nullopt);
  EXPECT_EQ(DefaultCpuMs(Command::kDev), 30'000);
}

TEST(Options, EveryOneIsTakenOver) {
  const Args apart = {"serve",
                      "--host",
                      "0.0.0.0",
                      "--port",
                      "0",
                      "--shards",
                      "3",
                      "--cpu-ms",
                      "10",
                      "--var",
                      "A=1",
                      "--var",
                      "B=x=y",
                      "--env",
                      "staging",
                      "worker",
                      "--log-format",
                      "json",
                      "--drain-timeout",
                      "5",
                      "--max-body",
                      "64KiB",
                      "--no-color",
                      "--pbkdf2-iterations",
                      "7",
                      "--data",
                      "state"};
  const Args joined = {"serve",
                       "worker",
                       "--host=0.0.0.0",
                       "--port=0",
                       "--shards=3",
                       "--cpu-ms=10",
                       "--var=A=1",
                       "--var=B=x=y",
                       "--env=staging",
                       "--log-format=json",
                       "--drain-timeout=5",
                       "--max-body=64KiB",
                       "--no-color",
                       "--pbkdf2-iterations=7",
                       "--persist-to=state"};
  for (const Args& args : {apart, joined}) {
    const Options options = ParseOk(args);
    EXPECT_EQ(options.command, Command::kServe);
    EXPECT_EQ(options.path, "worker");
    EXPECT_EQ(options.host, "0.0.0.0");
    EXPECT_EQ(options.port, 0);
    EXPECT_EQ(options.shards, 3);
    EXPECT_EQ(options.cpu_ms, 10);
    EXPECT_EQ(options.vars, (std::vector<std::pair<std::string, std::string>>{{"A", "1"}, {"B", "x=y"}}));
    EXPECT_EQ(options.env, "staging");
    EXPECT_EQ(options.log_format, LogFormat::kJson);
    EXPECT_EQ(options.drain_timeout, 5);
    EXPECT_EQ(options.max_body, 65536u);
    EXPECT_EQ(options.pbkdf2_iterations, 7u);
    EXPECT_EQ(options.data, "state");
    EXPECT_FALSE(options.color);
  }
}

TEST(Options, Confinement) {
  const Options options = ParseOk({"serve", "--confine", "required", "--allow-read", "/a", "--allow-read=/b", "--user",
                                   "www-data", "--show-confinement"});
  EXPECT_EQ(options.confine, ConfineMode::kRequired);
  EXPECT_EQ(options.allow_read, (std::vector<std::string>{"/a", "/b"}));
  EXPECT_EQ(options.user, "www-data");
  EXPECT_TRUE(options.show_confinement);
  EXPECT_EQ(ParseOk({"serve", "--user", "none"}).user, "");
  EXPECT_EQ(ParseOk({"dev"}).confine, ConfineMode::kOff);
  EXPECT_NE(ErrorOf({"dev", "--confine", "on"}), "no error");
}

TEST(Options, Metrics) {
  EXPECT_EQ(ParseOk({"serve"}).metrics_port, -1);
  EXPECT_EQ(ParseOk({"serve", "--metrics", "9090"}).metrics_host, "127.0.0.1");
  const Options options = ParseOk({"dev", "--metrics", "[::1]:0"});
  EXPECT_EQ(options.metrics_host, "::1");
  EXPECT_EQ(options.metrics_port, 0);
  for (const char* wrong : {"", "x", "127.0.0.1", ":9090", "a/b:1", "127.0.0.1:65536"}) {
    EXPECT_NE(ErrorOf({"serve", "--metrics", wrong}), "no error") << wrong;
  }
}

TEST(Options, Aliases) {
  const Options options = ParseOk({"dev", "--ip", "::1", "-p", "80", "-e", "x"});
  EXPECT_EQ(options.host, "::1");
  EXPECT_EQ(options.port, 80);
  EXPECT_EQ(options.env, "x");
  EXPECT_EQ(ParseOk({"dev", "--ip=[::1]"}).host, "::1");
}

TEST(Options, TheLastOneCounts) { EXPECT_EQ(ParseOk({"dev", "--port", "1", "--port=2"}).port, 2); }

TEST(Options, EmptyValues) {
  EXPECT_EQ(ParseOk({"dev", "--env="}).env, "");
  EXPECT_EQ(ParseOk({"dev", "--env", ""}).env, "");
  EXPECT_EQ(ParseOk({"dev", "--var", "A="}).vars[0].second, "");
  EXPECT_EQ(ErrorOf({"dev", ""}), "verge: the path is empty (see verge dev --help)");
}

TEST(Options, Operands) {
  EXPECT_EQ(ParseOk({"dev", "--", "--odd.js"}).path, "--odd.js");
  EXPECT_EQ(ParseOk({"dev", "-"}).path, "-");
  EXPECT_EQ(ErrorOf({"dev", "a.js", "b.js"}), "verge: unexpected argument 'b.js' (see verge dev --help)");
  EXPECT_EQ(ErrorOf({"dev", "--", "a", "--port"}), "verge: unexpected argument '--port' (see verge dev --help)");
}

TEST(Options, UnknownOptions) {
  EXPECT_EQ(ErrorOf({"serve", "--prot", "80"}),
            "verge: unknown option '--prot'; did you mean '--port'? (see verge serve --help)");
  EXPECT_EQ(ErrorOf({"serve", "--prot=80"}),
            "verge: unknown option '--prot'; did you mean '--port'? (see verge serve --help)");
  EXPECT_EQ(ErrorOf({"dev", "-port", "80"}),
            "verge: unknown option '-port'; did you mean '--port'? (see verge dev --help)");
  EXPECT_EQ(ErrorOf({"dev", "--zzz"}), "verge: unknown option '--zzz' (see verge dev --help)");
  EXPECT_EQ(ErrorOf({"dev", "-x"}), "verge: unknown option '-x' (see verge dev --help)");
  EXPECT_EQ(ErrorOf({"--halp"}), "verge: unknown option '--halp'; did you mean '--help'? (see verge --help)");
  EXPECT_EQ(ErrorOf({"dev", "--\x1b[2J"}), "verge: unknown option '--\\x1b[2J' (see verge dev --help)");
  EXPECT_EQ(ErrorOf({"--port", "80", "dev"}),
            "verge: --port belongs behind a command, as in verge serve --port (see verge --help)");
  EXPECT_EQ(ErrorOf({"-p", "80", "dev"}),
            "verge: -p belongs behind a command, as in verge serve -p (see verge --help)");
}

TEST(Options, MissingAndSuperfluousValues) {
  EXPECT_EQ(ErrorOf({"serve", "--port"}), "verge: --port needs a value: --port N (see verge serve --help)");
  EXPECT_EQ(ErrorOf({"serve", "--host", "--port", "80"}),
            "verge: --host needs a value: --host HOST (see verge serve --help)");
  EXPECT_EQ(ErrorOf({"serve", "--no-color=yes"}), "verge: --no-color takes no value (see verge serve --help)");
  EXPECT_EQ(ErrorOf({"serve", "--help=x"}), "verge: --help takes no value (see verge serve --help)");
}

TEST(Options, WrongValues) {
  struct Case {
    const char* option;
    const char* value;
    const char* right;
  };
  constexpr const char* kPort = "a whole number from 0 to 65535";
  constexpr const char* kShards = "a whole number from 1 to 1024";
  constexpr const char* kCpu = "a whole number of milliseconds from 1 to 300000";
  constexpr const char* kDrain = "a whole number of seconds from 0 to 86400";
  constexpr const char* kBytes = "a number of bytes, such as 1048576, 100MB or 64KiB";
  constexpr const char* kHost = "an address or a name, such as 127.0.0.1, :: or localhost";
  const Case cases[] = {
      {"--port", "65536", kPort},
      {"--port", "-1", kPort},
      {"--port", "80x", kPort},
      {"--port", "", kPort},
      {"--port", "99999999999999999999", kPort},
      {"--shards", "0", kShards},
      {"--shards", "1025", kShards},
      {"--limits", "cloudflare", "default, cloudflare-free, cloudflare-paid or strict"},
      {"--cpu-ms", "0", kCpu},
      {"--cpu-ms", "300001", kCpu},
      {"--cpu-ms", "1.5", kCpu},
      {"--drain-timeout", "-1", kDrain},
      {"--drain-timeout", "86401", kDrain},
      {"--pbkdf2-iterations", "0", "a whole number from 1 to 4294967295"},
      {"--pbkdf2-iterations", "4294967296", "a whole number from 1 to 4294967295"},
      {"--max-body", "", kBytes},
      {"--max-body", "MB", kBytes},
      {"--max-body", "1TB", kBytes},
      {"--max-body", "1 MB", kBytes},
      {"--max-body", "-1", kBytes},
      {"--max-body", "18446744073709551615GB", kBytes},
      {"--max-body", "9223372036854775807", kBytes},
      {"--host", "", kHost},
      {"--host", "a b", kHost},
      {"--host", "http://x/", kHost},
      {"--host", "[::1", kHost},
      {"--confine", "yes", "on, off or required"},
      {"--user", "", "the name or number of a user, or none"},
      {"--allow-read", "", "a file or a folder"},
      {"--log-format", "xml", "text or json"},
      {"--log-format", "", "text or json"},
      {"--var", "A", "NAME=VALUE or NAME:VALUE"},
      {"--var", "=1", "NAME=VALUE or NAME:VALUE"},
      {"--var", ":1", "NAME=VALUE or NAME:VALUE"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(ErrorOf({"serve", c.option, c.value}), std::string("verge: ") + c.option + " must be " + c.right +
                                                         "; found '" + c.value + "' (see verge serve --help)");
  }
}

TEST(Options, Sizes) {
  const auto bytes = [](const char* text) { return ParseOk({"serve", "--max-body", text}).max_body; };
  EXPECT_EQ(bytes("0"), 0u);
  EXPECT_EQ(bytes("1048576"), 1048576u);
  EXPECT_EQ(bytes("7B"), 7u);
  EXPECT_EQ(bytes("2kb"), 2'000u);
  EXPECT_EQ(bytes("100MB"), 100'000'000u);
  EXPECT_EQ(bytes("1GB"), 1'000'000'000u);
  EXPECT_EQ(bytes("64KiB"), 65'536u);
  EXPECT_EQ(bytes("1mib"), 1'048'576u);
  EXPECT_EQ(bytes("1GiB"), 1'073'741'824u);
}

TEST(Options, Commands) {
  EXPECT_EQ(ErrorOf({"serv"}), "verge: unknown command 'serv'; did you mean 'serve'? (see verge --help)");
  EXPECT_EQ(ErrorOf({"hlep"}), "verge: unknown command 'hlep'; did you mean 'help'? (see verge --help)");
  EXPECT_EQ(ErrorOf({"frobnicate"}), "verge: unknown command 'frobnicate' (see verge --help)");
  EXPECT_EQ(ErrorOf({""}), "verge: unknown command '' (see verge --help)");
  EXPECT_EQ(ErrorOf({"src/a.js"}),
            "verge: unknown command 'src/a.js'; to run a worker: verge dev src/a.js (see verge --help)");
}

TEST(Options, Help) {
  for (const Args& args : {Args{}, Args{"--help"}, Args{"-h"}, Args{"help"}, Args{"help", "--no-color"}}) {
    const Options options = ParseOk(args);
    EXPECT_EQ(options.command, Command::kHelp);
    EXPECT_EQ(options.help_about, Command::kHelp);
  }
  for (const Args& args : {Args{"help", "dev"}, Args{"dev", "--help"}, Args{"dev", "a.js", "--port", "1", "-h"},
                           Args{"dev", "--help", "--nonsense"}}) {
    const Options options = ParseOk(args);
    EXPECT_EQ(options.command, Command::kHelp);
    EXPECT_EQ(options.help_about, Command::kDev);
  }
  EXPECT_EQ(ErrorOf({"help", "serv"}), "verge: unknown command 'serv'; did you mean 'serve'? (see verge --help)");
}

TEST(Options, Version) {
  EXPECT_EQ(ParseOk({"--version"}).command, Command::kVersion);
  EXPECT_EQ(ParseOk({"-V"}).command, Command::kVersion);
  EXPECT_EQ(ParseOk({"serve", "--version"}).command, Command::kVersion);
}

TEST(Options, NoColorAnywhere) {
  EXPECT_FALSE(ParseOk({"--no-color", "dev"}).color);
  EXPECT_FALSE(ParseOk({"dev", "--no-color"}).color);
  EXPECT_FALSE(ParseOk({"--no-color", "--help"}).color);
  EXPECT_EQ(ParseOk({"--no-color", "dev"}).command, Command::kDev);
}

TEST(Options, RespectsAffinity) {
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(AvailableCpus(), CPU_COUNT(&before));
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(AvailableCpus(), 1);
  EXPECT_EQ(ParseOk({"serve"}).shards, 1);
  ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
}

TEST(Table, NamesAreUnique) {
  for (const CommandSpec& command : Commands()) {
    EXPECT_EQ(FindCommand(command.name), &command);
    EXPECT_EQ(FindCommand(command.command), &command);
    std::multiset<std::string_view> names;
    for (const OptionSpec& option : OptionSpecs()) {
      if ((option.commands & SetOf(command.command)) == 0) continue;
      names.insert(option.name);
      if (!option.alias.empty()) names.insert(option.alias);
    }
    for (const std::string_view name : names) EXPECT_EQ(names.count(name), 1u) << command.name << " " << name;
  }
}

// Every example of the help pages is a right command line.
TEST(Help, ExamplesWork) {
  for (const CommandSpec& command : Commands()) {
    for (const std::string_view example : command.examples) {
      ASSERT_FALSE(example.empty());
      std::istringstream words{std::string(example)};
      std::vector<std::string> args;
      for (std::string word; words >> word;) args.push_back(word);
      ASSERT_GE(args.size(), 2u);
      EXPECT_EQ(args[0], "verge");
      Args pointers;
      for (size_t i = 1; i < args.size(); ++i) pointers.push_back(args[i].c_str());
      EXPECT_EQ(ParseOk(pointers).command, command.command) << example;
    }
  }
}

TEST(Help, PagesAreCompleteAndNarrow) {
  for (const Command command : {Command::kHelp, Command::kServe, Command::kDev}) {
    const std::string text = HelpText(command);
    EXPECT_TRUE(text.ends_with("\n"));
    EXPECT_NE(text.find("Usage: verge "), std::string::npos);
    EXPECT_NE(text.find("\nExamples:\n"), std::string::npos);
    EXPECT_NE(text.find("\nExit codes:\n"), std::string::npos);
    for (const OptionSpec& option : OptionSpecs()) {
      // Options without a description are for verge's own tests and not shown.
      const bool has = (option.commands & SetOf(command)) != 0 && !option.help.empty();
      EXPECT_EQ(text.find("  " + std::string(option.name)) != std::string::npos ||
                    text.find(", " + std::string(option.name)) != std::string::npos,
                has)
          << option.name;
    }
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      size_t columns = 0;
      for (const char c : line) columns += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
      EXPECT_LE(columns, 80u) << line;
      EXPECT_FALSE(line.ends_with(" ")) << line;
    }
  }
  for (const CommandSpec& command : Commands()) {
    EXPECT_NE(HelpText(Command::kHelp).find(command.summary), std::string::npos);
  }
  EXPECT_NE(HelpText(Command::kServe).find("limits.cpu_ms"), std::string::npos);
  EXPECT_NE(HelpText(Command::kDev).find("Default: 8787."), std::string::npos);
}

// Any sequence of arguments gives options or a single line.
TEST(Options, RandomArguments) {
  static constexpr const char* kWords[] = {"serve",  "dev",   "help",   "--",         "-",          "",
                                           "--port", "80",    "--var",  "A=1",        "-e",         "--env",
                                           "--help", "-h",    "--host", "x",          "--=",        "---",
                                           "-p",     "--ip=", "=",      "\x1b[2J",    "\xFF",       "--max-body",
                                           "1GB",    "-V",    "a.js",   "--no-color", "--shards=2", "--log-format",
                                           "json"};
  std::mt19937 random(99);
  std::uniform_int_distribution<size_t> word(0, std::size(kWords) - 1);
  std::uniform_int_distribution<size_t> length(0, 8);
  int good = 0;
  for (int i = 0; i < 20'000; ++i) {
    Args args(length(random));
    for (const char*& arg : args) arg = kWords[word(random)];
    const auto options = Parse(args);
    if (options) {
      ++good;
      EXPECT_GE(options->port, 0);
    } else {
      EXPECT_TRUE(options.error().starts_with("verge: ")) << options.error();
      EXPECT_EQ(options.error().find_first_of("\n\x1b"), std::string::npos) << options.error();
    }
  }
  EXPECT_GT(good, 1000);
}

}  // namespace
}  // namespace verge::cli
