// Tables as people write them: what is read, and how each kind of broken file is refused.
#include "host/csv.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace plimsoll {
namespace {

std::string file_of(std::string const& text) {
  auto const* const test = testing::UnitTest::GetInstance()->current_test_info();
  std::string const path = fmt::format("{}plimsoll_csv_{}.csv", testing::TempDir(), test->name());
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

CsvTable table_of(std::string const& text) {
  return CsvTable::read(file_of(text));
}

// The message with which the text is refused; empty if it is accepted.
std::string refusal(std::string const& text) {
  try {
    (void)table_of(text);
  } catch (InputError const& error) {
    return error.what();
  }
  return "";
}

void expect_refused(std::string const& text, std::string const& place, std::string const& problem) {
  std::string const message = refusal(text);
  EXPECT_NE(message.find(place), std::string::npos) << message;
  EXPECT_NE(message.find(problem), std::string::npos) << message;
  EXPECT_NE(message.find("Hint: "), std::string::npos) << message;
}

TEST(Csv, ReadsNamesAndNumbers) {
  CsvTable const table = table_of("name,amount\nalice, 12.5 \nbob,-3e-2\n");
  ASSERT_EQ(table.rows(), 2u);
  EXPECT_EQ(table.columns(), (std::vector<std::string>{"name", "amount"}));
  EXPECT_EQ(table.text(0, 0), "alice");
  EXPECT_EQ(table.number(0, table.column("amount")), 12.5);
  EXPECT_EQ(table.number(1, 1), -0.03);
  EXPECT_EQ(table.line(1), 3u);
  EXPECT_FALSE(table.find_column("price"));
}

TEST(Csv, ReadsQuotesCrlfAndByteOrderMark) {
  CsvTable const table = table_of("\xef\xbb\xbf\"a\",b\r\n\"x, \"\"y\"\"\r\nz\",1\r\n\r\nlast,2");
  ASSERT_EQ(table.rows(), 2u);
  EXPECT_EQ(table.columns()[0], "a");
  EXPECT_EQ(table.text(0, 0), "x, \"y\"\r\nz");
  EXPECT_EQ(table.number(0, 1), 1.0);
  EXPECT_EQ(table.text(1, 0), "last");
  EXPECT_EQ(table.line(0), 2u);
  EXPECT_EQ(table.line(1), 5u);  // a line inside the quotes and an empty one went before
}

TEST(Csv, KeepsBlankCells) {
  CsvTable const table = table_of("a,b,c\n,,\n\"\", \t,x\n");
  ASSERT_EQ(table.rows(), 2u);
  for (std::size_t column = 0; column < 3; ++column) EXPECT_TRUE(table.blank(0, column));
  EXPECT_TRUE(table.blank(1, 0));
  EXPECT_TRUE(table.blank(1, 1));
  EXPECT_EQ(table.text(1, 2), "x");
}

TEST(Csv, HeaderAloneIsATableWithoutRows) {
  EXPECT_EQ(table_of("a,b").rows(), 0u);
}

TEST(Csv, ReadsManyRowsWhole) {
  std::string text = "i,twice\n";
  for (int i = 0; i < 200000; ++i) text += fmt::format("{},{}\n", i, 2 * i);
  CsvTable const table = table_of(text);
  ASSERT_EQ(table.rows(), 200000u);
  for (std::size_t i = 0; i < table.rows(); i += 997) {
    EXPECT_EQ(table.number(i, 1), 2 * table.number(i, 0));
    EXPECT_EQ(table.line(i), i + 2);
  }
}

TEST(Csv, ReadsTheSharedPriceHistory) {
  std::string const path = PLIMSOLL_SHARED_DATA "/market/daily_prices.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent";
  CsvTable const table = CsvTable::read(path);
  EXPECT_EQ(table.rows(), 3165u);
  EXPECT_EQ(table.columns().size(), 151u);
  EXPECT_EQ(table.text(0, table.column("date")), "2017-01-01");
  EXPECT_GT(table.number(table.rows() - 1, table.column("BTC")), 1e4);
}

TEST(Csv, RefusesNumbersThatAreNone) {
  for (char const* cell : {"", "abc", "1,5", "1.5x", "1 5", "nan", "inf", "-inf", "0x10", "1e999",
                           "+1", "1e", "--1", "1_000"}) {
    CsvTable const table = table_of(fmt::format("name,amount\nalice,\"{}\"\n", cell));
    try {
      (void)table.number(0, 1);
      ADD_FAILURE() << "accepted " << cell;
    } catch (InputError const& error) {
      EXPECT_NE(std::string(error.what()).find(".csv:row 2, column 'amount': "), std::string::npos)
          << error.what();
    }
  }
}

TEST(Csv, RefusesBrokenShapes) {
  expect_refused("", "", "the file is empty");
  expect_refused("\n\r\n", "", "the file is empty");
  expect_refused("\xef\xbb\xbf", "", "the file is empty");
  expect_refused("a,b,a\n", ":row 1, column 3", "a second column 'a'");
  expect_refused("a,,b\n", ":row 1, column 2", "no name");
  expect_refused("a,b\n1\n", ":row 2", "1 cells where the header has 2");
  expect_refused("a,b\n1,2\n\n1,2,3\n", ":row 4", "3 cells where the header has 2");
}

TEST(Csv, RefusesBrokenText) {
  expect_refused("a,b\n1,\"2\n3,4\n", ":row 2, column 'b'", "never closed");
  expect_refused("a,b\n1,x\"y\"\n", ":row 2, column 'b'", "a quote inside a cell");
  expect_refused("a,b\n\"1\"x,2\n", ":row 2, column 'a'", "text after the closing quote");
  expect_refused("a,b\r1,2\r", ":row 1", "a carriage return");
  expect_refused(std::string("a,b\n1,2\0\n", 9), ":row 2", "NUL");
  expect_refused("a,b\n1,caf\xe9\n", ":row 2", "byte 0xe9 is not UTF-8");
  expect_refused("a,b\n1,\xf0\x9f\x98", ":row 2", "is not UTF-8");
}

TEST(Csv, RefusesWhatIsNoFile) {
  EXPECT_THROW((void)CsvTable::read(testing::TempDir() + "no/such/file.csv"), InputError);
  EXPECT_THROW((void)CsvTable::read(testing::TempDir()), InputError);
}

TEST(Csv, RefusesAbsurdSizes) {
  std::string const path = file_of("a\n");
  std::filesystem::resize_file(path, (std::uintmax_t{1} << 34) + 1);  // a hole, not bytes on disk
  EXPECT_THROW((void)CsvTable::read(path), InputError);
  std::filesystem::remove(path);
  std::string wide = "c0";
  for (int i = 1; i <= 65536; ++i) wide += fmt::format(",c{}", i);
  expect_refused(wide, ":row 1", "65537 columns");
}

TEST(Csv, NamesTheColumnsThatAreThere) {
  try {
    (void)table_of("date,BTC\n").column("ETH");
    ADD_FAILURE() << "accepted";
  } catch (InputError const& error) {
    EXPECT_NE(std::string(error.what()).find("no column 'ETH' (the columns are date, BTC)"),
              std::string::npos)
        << error.what();
  }
}

TEST(Csv, ShowsCellsShortAndHarmless) {
  EXPECT_EQ(shown("plain"), "'plain'");
  EXPECT_EQ(shown("a\x1b[31m\n"), "'a?[31m?'");
  EXPECT_EQ(shown(std::string(100, 'x')), "'" + std::string(40, 'x') + "...'");
  EXPECT_EQ(shown(std::string(39, 'x') + "\xc3\xa9\xc3\xa9"), "'" + std::string(39, 'x') + "...'");
}

}  // namespace
}  // namespace plimsoll
