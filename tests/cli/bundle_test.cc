// What the command line does itself around esbuild.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/bundle/esbuild_log.h"
#include "cli/bundle/import_scan.h"

namespace verge::cli {
namespace {

using Strings = std::vector<std::string>;

TEST(ImportScan, EveryFormOfImport) {
  EXPECT_EQ(ImportsOf("import a from 'a';\n"
                      "import { b, c as d } from \"./b.js\"\n"
                      "import * as e from'e';import 'f';\n"
                      "import g, { h } from /* comment */ 'g';\n"
                      "export { i } from '@scope/i/j';\n"
                      "export * from 'k';\n"
                      "const l = await import('l'), m = await import(/* x */ \"m\");\n"
                      "import n from 'n' with { type: 'json' };\n"),
            (Strings{"a", "./b.js", "e", "f", "g", "@scope/i/j", "k", "l", "m", "n"}));
}

TEST(ImportScan, WhatIsNoImport) {
  EXPECT_EQ(ImportsOf("// import 'a'\n/* import 'b' */\n"
                      "const s = \"import 'c'\", t = 'import \"d\"', u = `import 'e' ${`import 'f'`} import 'g'`;\n"
                      "x.import('h'); Array.from('i'); x.from 'j'; #import 'k';\n"
                      "import.meta.url; import(variable); const important = 'l', fromage = 'm';\n"),
            Strings{});
}

TEST(ImportScan, CodeInTemplates) {
  EXPECT_EQ(ImportsOf("`${{ a: await import('a') }} ${`${import('b')}`}`; import 'c';"), (Strings{"a", "b", "c"}));
}

TEST(ImportScan, FindsItsWayAfterRegularExpressions) {
  EXPECT_EQ(ImportsOf("const r = /['\"]/;\nimport 'a';\n"), Strings{"a"});
}

TEST(ImportScan, UnfinishedText) {
  for (const char* text :
       {"import", "import '", "import 'a", "import(", "/*", "`", "`${", "'\\", "from", "`\\", "}", "}}`"}) {
    (void)ImportsOf(text);
  }
  EXPECT_EQ(ImportsOf("import 'a"), Strings{"a"});
}

TEST(EsbuildLog, AnErrorWithItsPlace) {
  auto messages = ParseEsbuildLog(
      "✘ [ERROR] Could not resolve \"pkg\"\n"
      "\n"
      "    src/index.ts:12:22:\n"
      "      12 │ import { pkg } from 'pkg';\n"
      "         ╵                     ~~~~~\n"
      "\n"
      "  You can mark the path \"pkg\" as external to exclude it from the bundle.\n"
      "\n"
      "1 error\n");
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_TRUE(messages[0].is_error);
  EXPECT_EQ(messages[0].text,
            "src/index.ts:12:23: Could not resolve \"pkg\"\n"
            "    import { pkg } from 'pkg';\n"
            "                        ~~~~~");
}

TEST(EsbuildLog, SeveralMessages) {
  auto messages = ParseEsbuildLog(
      "▲ [WARNING] Duplicate key \"x\" in object literal [duplicate-object-key]\n"
      "\n"
      "    a.ts:1:25:\n"
      "      1 │ const a = { x: 1, x: 2 };\n"
      "        ╵                   ^\n"
      "\n"
      "  The original key \"x\" is here:\n"
      "\n"
      "    a.ts:1:19:\n"
      "      1 │ const a = { x: 1, x: 2 };\n"
      "        ╵             ^\n"
      "\n"
      "✘ [ERROR] Could not resolve \"nothing.ts\"\n"
      "\n"
      "1 warning and 1 error\n");
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_FALSE(messages[0].is_error);
  EXPECT_EQ(messages[0].text,
            "a.ts:1:26: Duplicate key \"x\" in object literal [duplicate-object-key]\n"
            "    const a = { x: 1, x: 2 };\n"
            "                      ^");
  EXPECT_TRUE(messages[1].is_error);
  EXPECT_EQ(messages[1].text, "Could not resolve \"nothing.ts\"");
}

TEST(EsbuildLog, OtherText) {
  EXPECT_TRUE(ParseEsbuildLog("").empty());
  EXPECT_TRUE(ParseEsbuildLog("Segmentation fault\n").empty());
  EXPECT_EQ(ParseEsbuildLog("✘ [ERROR] x").size(), 1U);
}

}  // namespace
}  // namespace verge::cli
