// Price histories as people have them: what is read, and how each kind of broken file is refused.
#include "host/price_history.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "host/error.hpp"

namespace plimsoll {
namespace {

std::string file_of(std::string const& text) {
  auto const* const test = testing::UnitTest::GetInstance()->current_test_info();
  std::string const path =
      fmt::format("{}plimsoll_prices_{}.csv", testing::TempDir(), test->name());
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

void expect_refused(std::string const& text, std::string const& place, std::string const& problem) {
  try {
    read_price_history(file_of(text));
    ADD_FAILURE() << "accepted: " << text;
  } catch (InputError const& error) {
    std::string const message = error.what();
    EXPECT_NE(message.find(place), std::string::npos) << message;
    EXPECT_NE(message.find(problem), std::string::npos) << message;
    EXPECT_NE(message.find("Hint: "), std::string::npos) << message;
  }
}

TEST(PriceHistory, ReadsDatesPricesAndGaps) {
  PriceHistory const history =
      read_price_history(file_of("date,BTC,ETH\n2024-02-28,60000,\n2024-02-29,61000.5,3300\n"));
  EXPECT_EQ(history.assets, (std::vector<std::string>{"BTC", "ETH"}));
  ASSERT_EQ(history.rows(), 2u);
  EXPECT_EQ(history.dates[1], "2024-02-29");
  EXPECT_EQ(history.days[1] - history.days[0], 1);
  EXPECT_EQ(history.price(1, 0), 61000.5);
  EXPECT_TRUE(history.missing(0, 1));
  EXPECT_FALSE(history.missing(1, 1));
  EXPECT_EQ(history.find_asset("ETH"), 1u);
  EXPECT_FALSE(history.find_asset("eth"));
  EXPECT_NE(history.place(1, 1).find(".csv:row 3, column 'ETH'"), std::string::npos);
}

TEST(PriceHistory, FindsTheDatesWhereverTheyStand) {
  PriceHistory const history = read_price_history(file_of("A,date,B\n1,2024-01-01,2\n"));
  EXPECT_EQ(history.assets, (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(history.price(0, 1), 2.0);
}

TEST(PriceHistory, CountsDaysAcrossLeapYears) {
  EXPECT_EQ(day_number("1970-01-01"), 0);
  EXPECT_EQ(day_number("2000-03-01"), 11017);
  EXPECT_EQ(*day_number("2024-03-01") - *day_number("2024-02-28"), 2);
  EXPECT_EQ(*day_number("2100-03-01") - *day_number("2100-02-28"), 1);
  for (char const* const text :
       {"", "2024-2-01", "2023-02-29", "2024-13-01", "2024-00-10", "2024-01-32", "2024/01/01",
        "2024-01-01 ", "2024-01-01T00:00", "20240101", "2024-01-0x", "-024-01-01"}) {
    EXPECT_FALSE(day_number(text)) << text;
  }
}

TEST(PriceHistory, KeepsNegativePricesForWhoeverDoesNotUseThem) {
  PriceHistory const history =
      read_price_history(file_of("date,WTI\n2020-04-17,18.31\n2020-04-20,-36.98\n2020-04-21,\n"));
  EXPECT_EQ(history.price(1, 0), -36.98);
  EXPECT_NO_THROW(require_positive(history, 0, 0));
  EXPECT_NO_THROW(require_positive(history, 2, 0));
  try {
    require_positive(history, 1, 0);
    FAIL() << "accepted";
  } catch (InputError const& error) {
    std::string const message = error.what();
    EXPECT_NE(message.find("row 3, column 'WTI': price -36.98 on 2020-04-20"), std::string::npos)
        << message;
    EXPECT_NE(message.find("--exclude WTI"), std::string::npos) << message;
    EXPECT_NE(message.find("--from"), std::string::npos) << message;
  }
}

TEST(PriceHistory, RefusesBrokenDates) {
  expect_refused("date,A\n2024-01-02,1\n2024-01-01,1\n", "row 3, column 'date'",
                 "2024-01-01 follows 2024-01-02");
  expect_refused("date,A\n2024-01-02,1\n2024-01-02,2\n", "row 3, column 'date'", "second time");
  expect_refused("date,A\n02.01.2024,1\n", "row 2, column 'date'", "not a date");
  expect_refused("date,A\n,1\n", "row 2, column 'date'", "not a date");
  expect_refused("date,A\n2023-02-30,1\n", "row 2, column 'date'", "not a date");
}

TEST(PriceHistory, RefusesPricesThatAreNoNumbers) {
  expect_refused("date,A\n2024-01-01,nan\n", "row 2, column 'A'", "nan");
  expect_refused("date,A,B\n2024-01-01,1,inf\n", "row 2, column 'B'", "inf");
  expect_refused("date,A\n2024-01-01,1e999\n", "row 2, column 'A'", "1e999");
  expect_refused("date,A\n2024-01-01,n/a\n", "row 2, column 'A'", "n/a");
}

TEST(PriceHistory, RefusesBrokenShapes) {
  expect_refused("day,A\n2024-01-01,1\n", "row 1", "no column 'date'");
  expect_refused("date,A,A\n2024-01-01,1,2\n", "row 1", "A");
  expect_refused("date,date\n2024-01-01,2024-01-01\n", "row 1", "date");
  expect_refused("date\n2024-01-01\n", "row 1", "no column beside 'date'");
  expect_refused("date,A\n", ".csv", "no row below the header");
  expect_refused("date,A\n2024-01-01,1,2\n", "row 2", "");
  EXPECT_THROW(read_price_history("/nonexistent/prices.csv"), std::runtime_error);
}

TEST(PriceHistory, NamesTheArgumentThatIsNoDate) {
  EXPECT_EQ(required_day("--to", "1970-01-02"), 1);
  try {
    required_day("--to", "yesterday");
    FAIL() << "accepted";
  } catch (InputError const& error) {
    EXPECT_NE(std::string(error.what()).find("--to: 'yesterday' is not a date"), std::string::npos)
        << error.what();
  }
}

TEST(PriceHistory, ReadsTheRealFile) {
  std::string const path = PLIMSOLL_SHARED_DATA "/market/daily_prices.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no real prices at " << path;
  PriceHistory const history = read_price_history(path);
  EXPECT_EQ(history.rows(), 3165u);
  EXPECT_EQ(history.assets.size(), 150u);
  EXPECT_EQ(history.dates.front(), "2017-01-01");
  EXPECT_EQ(history.dates.back(), "2025-08-31");
  std::size_t not_positive = 0;
  for (double const price : history.prices) not_positive += price <= 0.0 ? 1 : 0;
  EXPECT_EQ(not_positive, 1u);  // WTI on 2020-04-20
}

}  // namespace
}  // namespace plimsoll
