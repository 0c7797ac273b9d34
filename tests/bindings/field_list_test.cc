#include "bindings/fetch/field_list.h"

#include <gtest/gtest.h>

#include <string>

namespace verge::bindings {
namespace {

std::string Text(const FieldList& list) {
  std::string text;
  list.ForEach(
      [&](std::string_view name, std::string_view value) { text.append(name).append("=").append(value).append(";"); });
  return text;
}

TEST(FieldList, KeepsOrderAndCase) {
  FieldList list;
  EXPECT_EQ(Text(list), "");
  list.Add("B", "1");
  list.Add("a", "");
  list.Add("b", "2");
  EXPECT_EQ(Text(list), "B=1;a=;b=2;");
}

TEST(FieldList, SetReplacesTheFirstAndRemovesTheOthers) {
  FieldList list;
  list.Add("One", "1");
  list.Add("Two", "2");
  list.Add("one", "3");
  list.Set("ONE", "x");
  EXPECT_EQ(Text(list), "One=x;Two=2;") << "in place";
  list.Set("one", "longer");
  EXPECT_EQ(Text(list), "One=longer;Two=2;");
  list.Set("one", "");
  EXPECT_EQ(Text(list), "One=;Two=2;");
  list.Set("three", "3");
  EXPECT_EQ(Text(list), "One=;Two=2;three=3;");
}

TEST(FieldList, Remove) {
  FieldList list;
  list.Add("a", "1");
  list.Add("b", "2");
  list.Add("A", "3");
  EXPECT_TRUE(list.Contains("A"));
  list.Remove("a");
  EXPECT_EQ(Text(list), "b=2;");
  EXPECT_FALSE(list.Contains("A"));
  list.Remove("c");
  list.Remove("B");
  EXPECT_EQ(Text(list), "");
  list.Add("d", "4");
  EXPECT_EQ(Text(list), "d=4;");
}

TEST(FieldList, Views) {
  FieldList list;
  list.Add("a", "1");
  list.Add("bb", "22");
  list.RemoveIf([](std::string_view name) { return name.size() == 1; });
  std::vector<http::HeaderField> fields{{"first", "x"}};
  list.ViewInto(&fields);
  ASSERT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields[1].name, "bb");
  EXPECT_EQ(fields[1].value, "22");
}

TEST(FieldList, TextThatNoFieldHasIsGivenBack) {
  FieldList list;
  list.Add("kept", "value");
  for (int i = 0; i < 1000; ++i) list.Set("x", std::string(static_cast<size_t>(i), 'x'));
  EXPECT_EQ(Text(list), "kept=value;x=" + std::string(999, 'x') + ";");
  EXPECT_LT(list.bytes(), 20'000u);
  for (int i = 0; i < 1000; ++i) {
    list.Add("y", std::string(100, 'y'));
    list.Remove("Y");
  }
  EXPECT_EQ(Text(list), "kept=value;x=" + std::string(999, 'x') + ";");
  EXPECT_LT(list.bytes(), 20'000u);
}

}  // namespace
}  // namespace verge::bindings
