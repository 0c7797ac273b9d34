#include "d1/sql_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace verge::d1 {
namespace {

using Texts = std::vector<std::string>;

Texts Split(std::string_view sql) {
  Texts out;
  for (std::string_view each : SplitStatements(sql)) out.emplace_back(each);
  return out;
}

Texts Lines(std::string_view sql) {
  Texts out;
  for (const ExecPiece& each : SplitLines(sql))
    out.push_back(std::to_string(each.line) + ": " + std::string(each.text));
  return out;
}

TEST(SqlText, StatementsEndAtSemicolons) {
  EXPECT_EQ(Split("select 1; select 2"), (Texts{"select 1;", " select 2"}));
  EXPECT_EQ(Split("select ';' ; select \"a;b\" ; select `;`, [;] ;x"),
            (Texts{"select ';' ;", " select \"a;b\" ;", " select `;`, [;] ;", "x"}));
  EXPECT_EQ(Split("select 'it''s; fine'; 2"), (Texts{"select 'it''s; fine';", " 2"}));
  EXPECT_EQ(Split("select 1 -- ; no\n; /* ; */ select 2;"), (Texts{"select 1 -- ; no\n;", " /* ; */ select 2;"}));
  EXPECT_EQ(Split("select 'open; still"), (Texts{"select 'open; still"}));
  EXPECT_EQ(Split("/* open ; "), Texts{});
  EXPECT_EQ(Split(" ;; ; \n -- x\n"), Texts{});
  EXPECT_EQ(Split(""), Texts{});
  EXPECT_EQ(Split(";;select 1"), (Texts{";;select 1"}));
}

TEST(SqlText, TriggersAreWhole) {
  const std::string trigger =
      "CREATE TRIGGER t AFTER INSERT ON a WHEN CASE new.x WHEN 1 THEN 1 ELSE 0 END BEGIN UPDATE b SET n = CASE WHEN x "
      "THEN 1 ELSE 2 END; DELETE FROM c; END;";
  EXPECT_EQ(Split(trigger + " select 1;"), (Texts{trigger, " select 1;"}));
  EXPECT_EQ(Split("create temp trigger x before delete on y begin select 1; end; select 2"),
            (Texts{"create temp trigger x before delete on y begin select 1; end;", " select 2"}));
  // A table of that name is none.
  EXPECT_EQ(Split("create table trigger_begin(a); select 1").size(), 2U);
  EXPECT_EQ(Split("begin; select 1; end;").size(), 3U);
  EXPECT_EQ(Split("/* x */ create /* y */ trigger t after insert on a begin select ';'; end; 2").size(), 2U);
}

TEST(SqlText, Blank) {
  EXPECT_TRUE(IsBlank(""));
  EXPECT_TRUE(IsBlank(" \t\n;; -- comment"));
  EXPECT_TRUE(IsBlank("/* a */ -- b\n ;"));
  EXPECT_FALSE(IsBlank("x"));
  EXPECT_FALSE(IsBlank("''"));
  EXPECT_FALSE(IsBlank("-"));
}

TEST(SqlText, LinesOfExec) {
  EXPECT_EQ(Lines("select 1;\nselect 2;"), (Texts{"1: select 1;", "2: select 2;"}));
  EXPECT_EQ(Lines("\n\nselect 1; select 2;\n\n  select 3"), (Texts{"3: select 1; select 2;", "5:   select 3"}));
  EXPECT_EQ(Lines("create table a (\n  x,\n  y -- ;\n);\r\nselect 1;\r\n"),
            (Texts{"1: create table a (\n  x,\n  y -- ;\n);", "5: select 1;"}));
  EXPECT_EQ(Lines("-- first\nselect 1;\n-- last\n"), (Texts{"2: select 1;"}));
  EXPECT_EQ(Lines("insert into a values ('x;\ny');\nselect 2"),
            (Texts{"1: insert into a values ('x;\ny');", "3: select 2"}));
  EXPECT_EQ(Lines("create trigger t after insert on a begin\n select 1;\n select 2;\nend;\nselect 3;"),
            (Texts{"1: create trigger t after insert on a begin\n select 1;\n select 2;\nend;", "5: select 3;"}));
  // Without semicolons lines cannot be told from one another: one piece, which is tried by lines when it makes no
  // sense.
  EXPECT_EQ(Lines("select 1\nselect 2"), (Texts{"1: select 1\nselect 2"}));
  EXPECT_EQ(Lines("/* a\n b */ select 1;\n"), (Texts{"1: /* a\n b */ select 1;"}));
  EXPECT_EQ(Lines("  \n ; \n"), Texts{});
  EXPECT_EQ(Lines(""), Texts{});
}

TEST(SqlText, FirstWord) {
  EXPECT_EQ(FirstWord("  select 1"), "SELECT");
  EXPECT_EQ(FirstWord("-- x\n/* y */ ;WITH a"), "WITH");
  EXPECT_EQ(FirstWord("'select'"), "");
  EXPECT_EQ(FirstWord("abcdefghijklmnopqrstuvw"), "ABCDEFGHIJKLMNOP");
  EXPECT_TRUE(LooksLikeRead("Select 1"));
  EXPECT_TRUE(LooksLikeRead("/**/pragma x"));
  EXPECT_FALSE(LooksLikeRead("insert into t select 1"));
  EXPECT_FALSE(LooksLikeRead(""));
}

TEST(SqlText, Quotes) {
  EXPECT_EQ(QuoteName("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(QuoteText("it's"), "'it''s'");
}

// No text takes forever, reads past its end, or loses a byte.
TEST(SqlText, AnyBytes) {
  const std::string pieces[] = {"create trigger ",
                                "begin ",
                                "end",
                                ";",
                                "'",
                                "\"",
                                "`",
                                "[",
                                "]",
                                "/*",
                                "*/",
                                "--",
                                "\n",
                                "case ",
                                " ",
                                "x",
                                "\xff",
                                std::string(1, '\0'),
                                "$1",
                                "?"};
  uint32_t state = 1;
  for (int round = 0; round < 20'000; ++round) {
    std::string sql;
    for (int i = 0; i < 12; ++i) {
      state = state * 1664525 + 1013904223;
      sql += pieces[(state >> 16) % std::size(pieces)];
    }
    std::string_view rest = sql;
    while (!rest.empty()) {
      const size_t length = StatementLength(rest);
      ASSERT_GT(length, 0U);
      ASSERT_LE(length, rest.size());
      rest.remove_prefix(length);
    }
    for (const ExecPiece& piece : SplitLines(sql)) ASSERT_FALSE(IsBlank(piece.text));
    (void)FirstWord(sql);
  }
}

}  // namespace
}  // namespace verge::d1
