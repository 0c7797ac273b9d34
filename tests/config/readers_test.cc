// Both readers: what they read, where they say it stands, what they refuse.
#include <gtest/gtest.h>

#include <format>
#include <string>
#include <string_view>

#include "config/value.h"

namespace verge::config {
namespace {

using Kind = Value::Kind;

std::string JsonOf(const std::expected<Document, Problem>& document) {
  if (!document) return document.error().ToString();
  return document->root.ToJson().value_or("not JSON");
}
std::string Jsonc(std::string_view text) { return JsonOf(ReadJsonc(text, "f")); }
std::string Toml(std::string_view text) { return JsonOf(ReadToml(text, "f")); }

// "a@1:2 b.c@3:4": every key with its place, every value with its own.
void AppendPlaces(const Value& value, const std::string& path, std::string* out) {
  for (const Member& member : value.members) {
    const std::string here = path + member.name;
    *out += std::format("{}@{}:{}={}:{} ", here, member.at.line, member.at.column, member.value.at.line,
                        member.value.at.column);
    AppendPlaces(member.value, here + ".", out);
  }
  for (size_t i = 0; i < value.items.size(); ++i) {
    const Value& item = value.items[i];
    *out += std::format("{}[{}]={}:{} ", path, i, item.at.line, item.at.column);
    AppendPlaces(item, path, out);
  }
}
std::string Places(const std::expected<Document, Problem>& document) {
  if (!document) return document.error().ToString();
  std::string out;
  AppendPlaces(document->root, "", &out);
  return out;
}

TEST(Jsonc, Reads) {
  EXPECT_EQ(Jsonc(R"({"a":1,"b":[true,false,null,"x",{}],"c":{"d":-1.5e3}})"),
            R"({"a":1,"b":[true,false,null,"x",{}],"c":{"d":-1.5e3}})");
  EXPECT_EQ(Jsonc("{}"), "{}");
  EXPECT_EQ(Jsonc("\xEF\xBB\xBF{ }\r\n"), "{}");
}

TEST(Jsonc, ReadsCommentsAndTrailingCommas) {
  EXPECT_EQ(Jsonc("// first\n{ /* a\n* b */ \"a\" /**/ : // c\n [1, 2, ], /*//*/ \"b\": 2, } // end"),
            R"({"a":[1,2],"b":2})");
  EXPECT_EQ(Jsonc(R"({"a":"// no /* comment */"})"), R"({"a":"// no /* comment */"})");
}

TEST(Jsonc, ReadsEscapes) {
  EXPECT_EQ(Jsonc(R"({"a":"\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\uD83D\ude00"})"),
            "{\"a\":\"\\\"\\\\/\\u0008\\u000c\\n\\r\\tAé€😀\"}");
  EXPECT_EQ(Jsonc(R"({"a":"\u0000"})"), R"({"a":"\u0000"})");
}

TEST(Jsonc, NumbersKeepTheirDigits) {
  EXPECT_EQ(Jsonc(R"({"a":12345678901234567890123,"b":1E+400,"c":-0,"d":0.10})"),
            R"({"a":12345678901234567890123,"b":1E+400,"c":-0,"d":0.10})");
}

TEST(Jsonc, KnowsPlaces) {
  EXPECT_EQ(Places(ReadJsonc("{\"a\": 1,\n  \"ü\": [ true, {\n\"b\":\"c\"}]}", "f")),
            "a@1:2=1:7 ü@2:3=2:8 ü.[0]=2:10 ü.[1]=2:16 ü.b@3:1=3:5 ");
}

TEST(Jsonc, TheLastOfEqualKeysCounts) {
  const auto document = ReadJsonc("{\"a\":1,\n\"b\":2,\n\"a\":3,\n\"a\":4}", "f");
  EXPECT_EQ(JsonOf(document), R"({"b":2,"a":4})");
  ASSERT_EQ(document->warnings.size(), 2u);
  EXPECT_EQ(document->warnings[0].ToString(), "f:3:1: the key 'a' is already set on line 1; this one counts");
  EXPECT_EQ(document->warnings[1].ToString(), "f:4:1: the key 'a' is already set on line 3; this one counts");
}

TEST(Jsonc, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(Jsonc(""), "f:1:1: the configuration must be an object: expected '{', found the end of the file");
  EXPECT_EQ(Jsonc("[1]"), "f:1:1: the configuration must be an object: expected '{', found '['");
  EXPECT_EQ(Jsonc("{} {}"), "f:1:4: expected the end of the file after the closing '}', found '{'");
  EXPECT_EQ(Jsonc("{\n a: 1}"), "f:2:2: expected a key in double quotes or '}', found 'a'");
  EXPECT_EQ(Jsonc("{,}"), "f:1:2: expected a key in double quotes or '}', found ','");
  EXPECT_EQ(Jsonc("{\"a\" 1}"), "f:1:6: expected ':' after the key 'a', found '1'");
  EXPECT_EQ(Jsonc("{\"a\":}"), "f:1:6: expected a value, found '}'");
  EXPECT_EQ(Jsonc("{\"a\":"), "f:1:6: expected a value, found the end of the file");
  EXPECT_EQ(Jsonc("{\"a\":1"), "f:1:7: expected ',' or '}', found the end of the file");
  EXPECT_EQ(Jsonc("{\"a\":1\n\"b\":2}"), "f:2:1: expected ',' or '}', found '\"'");
  EXPECT_EQ(Jsonc("{\"a\":[1 2]}"), "f:1:9: expected ',' or ']', found '2'");
  EXPECT_EQ(Jsonc("{\"a\":[,]}"), "f:1:7: expected a value, found ','");
  EXPECT_EQ(Jsonc("{\"a\":'x'}"), "f:1:6: strings are written in double quotes, found \"'\"");
  EXPECT_EQ(Jsonc("{\"a\":truer}"), "f:1:6: expected a value, found 't'");
  EXPECT_EQ(Jsonc("{\"a\":NaN}"), "f:1:6: expected a value, found 'N'");
  EXPECT_EQ(Jsonc("{\"a\":ü}"), "f:1:6: expected a value, found 'ü'");
  EXPECT_EQ(Jsonc("{\"a\":01}"), "f:1:6: a number does not start with 0");
  EXPECT_EQ(Jsonc("{\"a\":-}"), "f:1:7: expected a digit, found '}'");
  EXPECT_EQ(Jsonc("{\"a\":1.}"), "f:1:8: expected a digit, found '}'");
  EXPECT_EQ(Jsonc("{\"a\":1e+}"), "f:1:9: expected a digit, found '}'");
  EXPECT_EQ(Jsonc("{\"a\":+1}"), "f:1:6: expected a value, found '+'");
  EXPECT_EQ(Jsonc("{\"a\":\"x\n\"}"), "f:1:6: this string has no closing double quote on its line");
  EXPECT_EQ(Jsonc("{\"a\":\"x"), "f:1:6: this string has no closing double quote on its line");
  EXPECT_EQ(Jsonc("{\"a\":\"\x01\"}"), "f:1:7: a control character in a string must be escaped, found '\\x01'");
  EXPECT_EQ(Jsonc(R"({"a":"\x"})"), "f:1:7: no such escape in a JSON string: '\\' followed by 'x'");
  EXPECT_EQ(Jsonc(R"({"a":"\u12g4"})"), "f:1:7: '\\u' needs four hexadecimal digits");
  EXPECT_EQ(Jsonc(R"({"a":"\u12)"), "f:1:7: '\\u' needs four hexadecimal digits");
  EXPECT_EQ(Jsonc(R"({"a":"\ud800"})"), "f:1:7: half of a surrogate pair is not a character");
  EXPECT_EQ(Jsonc(R"({"a":"\ud800\u0041"})"), "f:1:7: half of a surrogate pair is not a character");
  EXPECT_EQ(Jsonc(R"({"a":"\udc00"})"), "f:1:7: half of a surrogate pair is not a character");
  EXPECT_EQ(Jsonc("{ /* open"), "f:1:3: this comment has no closing '*/'");
  EXPECT_EQ(Jsonc("{\"a\":/"), "f:1:6: expected a value, found '/'");
  EXPECT_EQ(Jsonc("{\n\"a\":\"\xC3\"}"), "f:2:6: this is not UTF-8");
  EXPECT_EQ(Jsonc(std::string_view("{\"a\":\0}", 7)), "f:1:6: expected a value, found '\\x00'");
}

TEST(Toml, Reads) {
  EXPECT_EQ(Toml("z = 1\na = [true, 'x', 1.5]\n[t]\nb.c = 0x10\n[[r]]\nq = \"\"\n[[r]]\n"),
            R"({"z":1,"a":[true,"x",1.5],"t":{"b":{"c":16}},"r":[{"q":""},{}]})");
  EXPECT_EQ(Toml(""), "{}");
  EXPECT_EQ(Toml("\xEF\xBB\xBF"
                 "a = 1"),
            R"({"a":1})");
}

TEST(Toml, KeepsTheOrderOfTheFile) {
  EXPECT_EQ(Toml("c=1\nb=2\na=3\n[y]\n[x]"), R"({"c":1,"b":2,"a":3,"y":{},"x":{}})");
}

TEST(Toml, ReadsDatesAndFloats) {
  EXPECT_EQ(Toml("d = 2024-01-02\nt = 10:20:30\nz = 2024-01-02T03:04:05Z\nf = 1e30\ng = 2.0"),
            R"({"d":"2024-01-02","t":"10:20:30","z":"2024-01-02T03:04:05Z","f":1e+30,"g":2})");
  EXPECT_EQ(Toml("n = nan"), "not JSON");
  EXPECT_EQ(Toml("n = [-inf]"), "not JSON");
}

TEST(Toml, KnowsPlaces) {
  EXPECT_EQ(Places(ReadToml("a = 1\n\n[t]\n  'ü' = [ true,\n 2]\nb.c = {d = 'e'}\n", "f")),
            "a@1:1=1:5 t@3:2=3:1 t.ü@4:3=4:9 t.ü.[0]=4:11 t.ü.[1]=5:2 t.b@6:1=6:1 t.b.c@6:3=6:7 t.b.c.d@6:8=6:12 ");
}

TEST(Toml, SaysWhereItIsWrong) {
  const auto place = [](std::string_view text) {
    const auto document = ReadToml(text, "f");
    return document ? "no error" : std::format("{}:{}", document.error().line, document.error().column);
  };
  EXPECT_EQ(place("a = 1\na = 2\n"), "2:5");
  EXPECT_EQ(place("a = 1\nb = \"open\n"), "2:10");
  EXPECT_EQ(place("a = \n"), "1:5");
  EXPECT_EQ(place("[a\n"), "1:3");
  EXPECT_EQ(place("ü = \"\xFF\"\n"), "1:6");
}

// Letters where the parser expects white space, which the library's character tables once had no answer for.
TEST(Toml, LettersBeyondAscii) {
  for (const std::string_view letter :
       {"ü", "\xC2\xA0", "\xC2\xA1", "\xD2\x99", "ﬁ", "\xEF\xBB\xBF", "\xE3\x80\x80", "日", "😀", "\xEF\xBF\xBD"}) {
    const std::string text(letter);
    const auto bare = ReadToml("a = 1\n" + text + " = 1\n", "f");
    ASSERT_FALSE(bare) << text;
    EXPECT_EQ(bare.error().line, 2) << text;
    EXPECT_FALSE(ReadToml("a = " + text, "f")) << text;
    EXPECT_FALSE(ReadToml("a = [1" + text + "]", "f")) << text;
  }
  for (const std::string_view letter : {"ü", "\xD2\x99", "日", "😀"}) {
    const std::string text(letter);
    EXPECT_EQ(Toml("'" + text + "' = \"\"\"\\\n  " + text + "\"\"\" # " + text), "{\"" + text + "\":\"" + text + "\"}");
  }
}

TEST(Value, Integers) {
  const auto integer = [](std::string_view text) {
    Value value;
    value.kind = Kind::kNumber;
    value.text = text;
    return value.AsInteger();
  };
  EXPECT_EQ(integer("50"), 50);
  EXPECT_EQ(integer("-3"), -3);
  EXPECT_EQ(integer("50.0"), 50);
  EXPECT_EQ(integer("5e1"), 50);
  EXPECT_EQ(integer("9223372036854775807"), 9223372036854775807);
  EXPECT_EQ(integer("9223372036854775808"), std::nullopt);
  EXPECT_EQ(integer("1.5"), std::nullopt);
  EXPECT_EQ(integer("1e400"), std::nullopt);
  EXPECT_EQ(integer("nan"), std::nullopt);
  EXPECT_EQ(integer("-inf"), std::nullopt);
  EXPECT_EQ(Value().AsInteger(), std::nullopt);
}

TEST(Value, Describes) {
  const auto document = ReadToml("a='x'\nb=1\nc=true\nd=2024-01-02\ne=[]\nf={}", "f");
  ASSERT_TRUE(document);
  const auto& root = document->root;
  EXPECT_EQ(root.Find("a")->Describe(), "the string 'x'");
  EXPECT_EQ(root.Find("b")->Describe(), "the number 1");
  EXPECT_EQ(root.Find("c")->Describe(), "true");
  EXPECT_EQ(root.Find("d")->Describe(), "the date 2024-01-02 without quotes");
  EXPECT_EQ(root.Find("e")->Describe(), "an array");
  EXPECT_EQ(root.Find("f")->Describe(), "a table");
  EXPECT_EQ(Value().Describe(), "null");
  EXPECT_EQ(root.Find("g"), nullptr);
}

}  // namespace
}  // namespace verge::config
