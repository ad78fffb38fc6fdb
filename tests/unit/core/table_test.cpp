#include "brandiron/core/table.h"

#include <gtest/gtest.h>

#include "brandiron/core/error.h"

namespace brandiron {
namespace {

/// Of the Error(kFormat) that `work` throws; "" for none.
template <typename Work>
std::string message(Work work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kFormat);
    return error.what();
  }
  return "";
}

TEST(Csv, ReadsQuotesCommasLineEndsAndAByteOrderMark) {
  const Table table = parse_csv("\xEF\xBB\xBFid,words\r\n1,\"a, \"\"b\"\"\nc\"\r\n2,\r\n", "t.csv");
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.at(0, "words"), "a, \"b\"\nc");
  EXPECT_EQ(table.at(1, "words"), "");
  EXPECT_EQ(table.at(1, "nothing"), "");
  EXPECT_EQ(table.line_numbers[1], 4U);
}

TEST(Csv, NamesTheLineOfWhatIsWrong) {
  const auto refusal = [](const std::string& text) {
    return message([&] { parse_csv(text, "t.csv"); });
  };
  EXPECT_NE(refusal("a,b\n1,2\n3\n").find("t.csv:3: 1 cells, expected 2"), std::string::npos);
  EXPECT_NE(refusal("a\n\"open\n").find("not closed"), std::string::npos);
  EXPECT_NE(refusal("a\n\"x\"y\n").find("t.csv:2: text after"), std::string::npos);
  EXPECT_NE(refusal("a,a\n").find("twice"), std::string::npos);
  EXPECT_NE(refusal("").find("empty"), std::string::npos);
}

TEST(Tsv, TakesQuotesAndCommasAsLetters) {
  const Table table = parse_tsv("file\ttitle\r\na.ogg\t\"Hey\", she said\n\nb.ogg\t\n", "t.tsv");
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.at(0, "title"), "\"Hey\", she said");
  EXPECT_EQ(table.at(1, "title"), "");
}

TEST(Tsv, NamesWhatIsMissing) {
  EXPECT_NE(message([] { parse_tsv("a\tb\n1\n", "t.tsv"); }).find("t.tsv:2: 1 cells, expected 2"),
            std::string::npos);
  const Table table = parse_tsv("a\tb\n1\t2\n", "t.tsv");
  EXPECT_NO_THROW(table.require({"a", "b"}));
  EXPECT_NE(message([&] {
              table.require({"a", "licence"});
            }).find("no column \"licence\""),
            std::string::npos);
}

TEST(Table, CellsAreQuotedWhereTheyMustBeAndComeBack) {
  EXPECT_EQ(csv_cell("plain"), "plain");
  EXPECT_EQ(csv_cell("a \"b\""), "\"a \"\"b\"\"\"");
  const std::string cell = "comma, \"quote\"\nline";
  EXPECT_EQ(parse_csv("x\n" + csv_cell(cell) + "\n", "t").at(0, "x"), cell);
}

}  // namespace
}  // namespace brandiron
