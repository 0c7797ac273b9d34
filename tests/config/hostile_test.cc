// Files written to do harm, and files hit by accident: every one ends in a result, in bounded time and stack.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "config/checker.h"
#include "config/dotenv.h"
#include "config/value.h"

namespace verge::config {
namespace {

std::string Repeated(std::string_view text, size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += text;
  return out;
}

std::string MessageOf(const std::expected<Document, Problem>& document) {
  return document ? "no error" : document.error().message;
}

constexpr size_t kAlmostMax = kMaxFileBytes - 100;

TEST(Hostile, DeepJson) {
  EXPECT_EQ(MessageOf(ReadJsonc("{\"a\":" + Repeated("[", kAlmostMax), "f")), "nested more than 64 levels deep");
  EXPECT_EQ(MessageOf(ReadJsonc(Repeated("{\"a\":", kAlmostMax), "f")), "nested more than 64 levels deep");
  const std::string deepest = "{\"a\":" + std::string(63, '[') + std::string(63, ']') + "}";
  EXPECT_EQ(MessageOf(ReadJsonc(deepest, "f")), "no error");
  EXPECT_NE(MessageOf(ReadJsonc("{\"a\":" + std::string(64, '[') + std::string(64, ']') + "}", "f")), "no error");
}

TEST(Hostile, DeepToml) {
  EXPECT_NE(MessageOf(ReadToml("a = " + Repeated("[", kAlmostMax), "f")), "no error");
  EXPECT_NE(MessageOf(ReadToml("a = " + Repeated("{a=", kAlmostMax), "f")), "no error");
  const std::string dotted = "a key with more than 32 dotted parts";
  EXPECT_EQ(MessageOf(ReadToml(Repeated("a.", kAlmostMax) + "a = 1", "f")), dotted);
  EXPECT_EQ(MessageOf(ReadToml(Repeated("a . ", kAlmostMax) + "a = 1", "f")), dotted);
  EXPECT_EQ(MessageOf(ReadToml("[" + Repeated("a.", kAlmostMax) + "a]", "f")), dotted);
  EXPECT_EQ(MessageOf(ReadToml("[[" + Repeated("\"x.]\".'='.", kAlmostMax) + "a]]", "f")), dotted);
  EXPECT_EQ(MessageOf(ReadToml("x = [{" + Repeated("a.", kAlmostMax) + "a=1}]", "f")), dotted);
  EXPECT_EQ(MessageOf(ReadToml("s = '''\n'\" # ''''\n" + Repeated("a.", kAlmostMax) + "a=1", "f")), dotted);
  EXPECT_EQ(MessageOf(ReadToml("s = \"\"\"\\\"\"\" \"\"\"\"\"\n" + Repeated("a.", kAlmostMax) + "a=1", "f")), dotted);
  // The deepest that passes all the bounds on keys and brackets is still refused for its depth.
  std::string deep;
  for (int i = 0; i < 60; ++i) deep += "{" + Repeated("a.", 62) + "a=";
  EXPECT_NE(MessageOf(ReadToml("a = " + deep + "1" + std::string(60, '}'), "f")), "no error");
}

TEST(Hostile, DotsThatAreNotKeys) {
  const std::string dots = Repeated("a.b.c.", 500);
  const auto document =
      ReadToml("a = \"" + dots + "\" # " + dots + "\nb = '" + dots + "'\nc = \"\"\"\n" + dots +
                   "\n\"\" \\\"\"\" '\"\"\"\"\"\nd = '''\n" + dots + "'''\ne = [" + Repeated("1.5,", 500) + "]\n",
               "f");
  ASSERT_TRUE(document) << document.error().ToString();
  EXPECT_EQ(document->root.Find("a")->text, dots);
  EXPECT_EQ(document->root.Find("e")->items.size(), 125u);
}

TEST(Hostile, ManyValues) {
  EXPECT_EQ(MessageOf(ReadJsonc("{\"a\":[" + Repeated("0,", 500'000) + "]}", "f")),
            "more than 100000 values in one file");
  EXPECT_EQ(MessageOf(ReadToml("a=[" + Repeated("0,", 500'000) + "]", "f")), "more than 100000 values in one file");
}

TEST(Hostile, ManyKeys) {
  std::string json = "{\"main\":\"a.js\",\"env\":{\"x\":{\"vars\":{";
  for (int i = 0; i < 20'000; ++i) json += "\"a" + std::to_string(i) + "\":1,";
  json += "}}},\"vars\":{";
  for (int i = 0; i < 20'000; ++i) json += "\"b" + std::to_string(i) + "\":1,";
  json += "}}";
  const auto document = ReadJsonc(json, "f");
  ASSERT_TRUE(document) << document.error().ToString();
  const Checked checked = Check(*document, {"f", Syntax::kJson, "x", "w"});
  EXPECT_EQ(checked.worker.vars.size(), 20'000u);
  EXPECT_EQ(checked.warnings.size(), 1u);

  const auto same = ReadJsonc("{" + Repeated("\"k\":1,", 500'000) + "}", "f");
  ASSERT_TRUE(same) << same.error().ToString();
  EXPECT_EQ(same->root.members.size(), 1u);
}

TEST(Hostile, HugeStrings) {
  const std::string huge = Repeated("x", 1'000'000);
  for (const std::string& line :
       {"name = '" + huge + "'", "compatibility_date = '" + huge + "'", "'" + huge + "' = 1",
        "compatibility_flags = '" + huge + "'", "rules = [{type = '" + huge + "', globs = ['*']}]",
        "rules = [{type = 'Text', globs = ['" + huge + "']}]"}) {
    const auto document = ReadToml("main = 'a.js'\n" + line, "f");
    ASSERT_TRUE(document) << document.error().ToString();
    const Checked checked = Check(*document, {"f", Syntax::kToml, "", "w"});
    ASSERT_EQ(checked.errors.size() + checked.warnings.size(), 1u);
    const Problem& problem = checked.errors.empty() ? checked.warnings[0] : checked.errors[0];
    EXPECT_LT(problem.message.size(), 500u);
  }
}

TEST(Hostile, OneLongLine) {
  std::string json = "{\"vars\":{";
  for (int i = 0; json.size() < 900'000; ++i) json += "\"v" + std::to_string(i) + "\":\"ü\",";
  const auto document = ReadJsonc(json + "}}", "f");
  ASSERT_TRUE(document) << document.error().ToString();
  EXPECT_GT(document->root.Find("vars")->members.back().at.column, 700'000);
}

constexpr std::string_view kToml = R"(# A worker.
name = "my-worker"
main = 'src/index.js'
compatibility_date = "2024-01-01"
compatibility_flags = ["nodejs_compat"]
text = """
multi \u00e9 line""" # c
[vars]
A = "ü"
b.c.d = [1, 2.5, {x = true}, 2024-01-01T00:00:00Z]
[[rules]]
type = "Text"
globs = ["**/*.{md,txt}"]
fallthrough = true
[limits]
cpu_ms = 0x32
[env.staging.vars]
A = 'x'
[[env.staging.rules]]
type = "Data"
globs = ["*"]
)";

constexpr std::string_view kJson = R"({ // A worker.
  "name": "my-worker", "main": "src/index.js",
  "compatibility_date": "2024-01-01", "compatibility_flags": ["nodejs_compat",],
  /* more */ "vars": { "A": "\u00fc\ud83d\ude00", "b": [1, -2.5e3, { "x": true, "y": null }] },
  "rules": [{ "type": "Text", "globs": ["**/*.{md,txt}"], "fallthrough": true }],
  "limits": { "cpu_ms": 50 },
  "env": { "staging": { "vars": { "A": "x" }, "rules": [{ "type": "Data", "globs": ["*"] }] } },
}
)";

constexpr std::string_view kDotenv = "A=1\nexport B=\"two\\n # $A\"\nC='x\ny' # c\n# no\nD: ${A:-x}${B}\\$\n";

// What a file may be: every outcome but a crash is right, and a problem names a place within the file.
void Digest(const std::expected<Document, Problem>& document, Syntax syntax) {
  if (!document) {
    EXPECT_FALSE(document.error().message.empty());
    EXPECT_GE(document.error().line, 1);
    EXPECT_GE(document.error().column, 1);
    return;
  }
  (void)document->root.ToJson();
  for (const char* env : {"", "staging"}) {
    const Checked checked = Check(*document, {"f", syntax, env, "w"});
    for (const Problem& problem : checked.errors) EXPECT_FALSE(problem.message.empty());
    if (checked.errors.empty()) {
      EXPECT_FALSE(checked.main.empty());
      EXPECT_FALSE(checked.worker.name.empty());
    }
  }
}

void DigestDotenv(std::string_view text) {
  auto file = ReadDotenv(text, "f");
  if (file) {
    (void)ExpandVars(&file->vars);
  } else {
    EXPECT_GE(file.error().line, 1);
  }
}

TEST(Hostile, Truncated) {
  for (size_t i = 0; i <= kToml.size(); ++i) Digest(ReadToml(kToml.substr(0, i), "f"), Syntax::kToml);
  for (size_t i = 0; i <= kJson.size(); ++i) {
    const auto document = ReadJsonc(kJson.substr(0, i), "f");
    Digest(document, Syntax::kJson);
    EXPECT_EQ(document.has_value(), i >= kJson.size() - 1) << i;
  }
  for (size_t i = 0; i <= kDotenv.size(); ++i) DigestDotenv(kDotenv.substr(0, i));
}

// A few random edits: bytes overwritten, removed, doubled, and pieces from elsewhere pasted in.
std::string Mutated(std::string_view original, std::mt19937* random) {
  static constexpr std::string_view kSpice[] = {
      "{",  "}",  "[",  "]",  "\"", "'",  "\"\"\"", "'''",  "\\",  "\\u",  "=",     ".",      ",",   ":",   "#",
      "//", "/*", "*/", "\n", "\r", "\0", "\xFF",   "\xC3", "nan", "-inf", "1e999", "a.b.c.", "env", "null"};
  const auto below = [random](size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(*random); };
  std::string text(original);
  for (size_t edits = 1 + below(4); edits > 0 && !text.empty(); --edits) {
    const size_t at = below(text.size());
    switch (below(5)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(at, 1 + below(8));
        break;
      case 2:
        text.insert(at, kSpice[below(std::size(kSpice))]);
        break;
      case 3:
        text.insert(at, std::string(original.substr(below(original.size()), 1 + below(30))));
        break;
      case 4:
        text.replace(at, 1, kSpice[below(std::size(kSpice))]);
        break;
    }
  }
  return text;
}

TEST(Hostile, Mutated) {
  std::mt19937 random(20240607);  // fixed: a failure must come back
  for (int i = 0; i < 20'000; ++i) {
    const std::string toml = Mutated(kToml, &random);
    Digest(ReadToml(toml, "f"), Syntax::kToml);
    const std::string json = Mutated(kJson, &random);
    Digest(ReadJsonc(json, "f"), Syntax::kJson);
    DigestDotenv(Mutated(kDotenv, &random));
    if (::testing::Test::HasFailure()) {
      FAIL() << "round " << i << "\n--- toml\n" << toml << "\n--- json\n" << json;
    }
  }
}

TEST(Hostile, Noise) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int i = 0; i < 5000; ++i) {
    std::string noise(static_cast<size_t>(byte(random)), '\0');
    for (char& c : noise) c = static_cast<char>(byte(random));
    Digest(ReadToml(noise, "f"), Syntax::kToml);
    Digest(ReadJsonc(noise, "f"), Syntax::kJson);
    DigestDotenv(noise);
  }
}

}  // namespace
}  // namespace verge::config
