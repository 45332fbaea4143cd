// Tables of moves: simple returns at the door become log-moves, and broken tables are refused.
#include "host/moves_table.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <string>

#include "host/error.hpp"
#include "models/market.hpp"

namespace plimsoll {
namespace {

Market two_factors() {
  Market market;
  market.factors = {"BTC", "ETH"};
  market.price = {100.0, 10.0};
  market.volatility = market.limit = {1.0, 1.0};
  market.loading = {1.0, 0.0, 0.0, 1.0};
  market.mixing_low.assign(mixing_nodes, 1.0);
  market.mixing_high.assign(mixing_nodes, 1.0);
  return market;
}

std::string path_of() {
  auto const* const test = testing::UnitTest::GetInstance()->current_test_info();
  return fmt::format("{}plimsoll_moves_{}.csv", testing::TempDir(), test->name());
}

MoveTable table_of(std::string const& text) {
  std::ofstream(path_of(), std::ios::binary) << text;
  return read_moves(path_of(), two_factors());
}

void expect_refused(std::string const& text, std::string const& place, std::string const& problem) {
  try {
    table_of(text);
    ADD_FAILURE() << "accepted: " << text;
  } catch (InputError const& error) {
    std::string const message = error.what();
    EXPECT_NE(message.find(place), std::string::npos) << message;
    EXPECT_NE(message.find(problem), std::string::npos) << message;
    EXPECT_NE(message.find("Hint: "), std::string::npos) << message;
  }
}

std::string of_steps(std::uint32_t steps) {
  std::string text = "scenario,step,BTC,ETH\n";
  for (std::uint32_t step = 1; step <= steps; ++step) text += fmt::format("0,{},0,0\n", step);
  return text;
}

// -30 % is log(0.7) = -0.356675; columns stand in any order.
TEST(MovesTable, TurnsSimpleReturnsIntoLogMoves) {
  MoveTable const table =
      table_of("ETH,scenario,step,BTC\n-0.5,0,1,-0.3\n0.25,0,2,0\n1,1,1,0.1\n0,1,2,-0.99\n");
  EXPECT_EQ(table.scenarios, 2u);
  EXPECT_EQ(table.steps, 2u);
  std::vector<double> const simple = {-0.3, -0.5, 0.0, 0.25, 0.1, 1.0, -0.99, 0.0};
  ASSERT_EQ(table.log_moves.size(), simple.size());
  EXPECT_NEAR(table.log_moves[0], -0.356675, 1e-6);
  EXPECT_EQ(table.log_moves[2], 0.0);
  for (std::size_t i = 0; i < simple.size(); ++i) {
    EXPECT_NEAR(table.log_moves[i], std::log1p(simple[i]), 1e-15 + 1e-15 * std::fabs(simple[i]))
        << i;
  }
}

TEST(MovesTable, IsSeenByTheArithmetic) {
  Market const market = two_factors();
  MoveTable const table = table_of("scenario,step,BTC,ETH\n0,1,-0.3,0\n");
  MarketView const view = view_of(market, &table);
  EXPECT_EQ(view.factors, 2u);
  EXPECT_EQ(view.table, table.log_moves.data());
  EXPECT_EQ(view_of(market, nullptr).table, nullptr);
  Market wider = market;
  wider.factors.push_back("SOL");
  EXPECT_THROW(view_of(wider, nullptr), std::logic_error);
  MoveTable shorter = table;
  shorter.log_moves.pop_back();
  EXPECT_THROW(view_of(market, &shorter), std::logic_error);
}

TEST(MovesTable, ComesBackAsItWasWritten) {
  Market market = two_factors();
  market.factors = {"BTC", "odd,\"name"};
  MoveTable table;
  table.scenarios = 3;
  table.steps = 2;
  for (int i = 0; i < 12; ++i) table.log_moves.push_back(0.37 * i - 2.0);
  write_moves(path_of(), market, table, Overwrite::yes);
  MoveTable const back = read_moves(path_of(), market);
  EXPECT_EQ(back.scenarios, 3u);
  EXPECT_EQ(back.steps, 2u);
  ASSERT_EQ(back.log_moves.size(), 12u);
  for (std::size_t i = 0; i < 12; ++i) {
    // A simple return near -1 keeps the absolute error of the return: 1 / (1 + r) of it in the log.
    EXPECT_NEAR(back.log_moves[i], table.log_moves[i], 1e-15 * (1.0 + std::exp(2.0))) << i;
  }
  EXPECT_THROW(write_moves(path_of(), two_factors(), {}, Overwrite::no), InputError);
  table.steps = 3;
  EXPECT_THROW(write_moves(path_of(), market, table, Overwrite::yes), std::logic_error);
}

TEST(MovesTable, RefusesReturnsThatLoseEverything) {
  expect_refused("scenario,step,BTC,ETH\n0,1,-30,0\n", "row 2, column 'BTC'", "-30");
  expect_refused("scenario,step,BTC,ETH\n0,1,0,-1\n", "row 2, column 'ETH'", "-1");
  expect_refused("scenario,step,BTC,ETH\n0,1,nan,0\n", "row 2, column 'BTC'", "nan");
  expect_refused("scenario,step,BTC,ETH\n0,1,0,inf\n", "row 2, column 'ETH'", "inf");
  expect_refused("scenario,step,BTC,ETH\n0,1,,0\n", "row 2, column 'BTC'", "");
}

TEST(MovesTable, RefusesFactorsMissingOrUnknown) {
  expect_refused("scenario,step,BTC\n0,1,0\n", "row 1", "no column for the factor 'ETH'");
  expect_refused("scenario,step,BTC,ETH,SOL\n0,1,0,0,0\n", "'SOL'", "no such factor");
  expect_refused("step,BTC,ETH\n1,0,0\n", ".csv", "scenario");
  expect_refused("scenario,BTC,ETH\n0,0,0\n", ".csv", "step");
  expect_refused("scenario,step,BTC,BTC\n0,1,0,0\n", ".csv", "BTC");
}

TEST(MovesTable, RefusesGapsAndRaggedScenarios) {
  std::string const head = "scenario,step,BTC,ETH\n";
  expect_refused(head, ".csv", "no row below the header");
  expect_refused(head + "1,1,0,0\n", "row 2, column 'scenario'", "'1' where 0");
  expect_refused(head + "0,0,0,0\n", "row 2, column 'step'", "'0' where 1");
  expect_refused(head + "0,1,0,0\n0,3,0,0\n", "row 3, column 'step'", "'3' where 2");
  expect_refused(head + "0,1,0,0\n2,1,0,0\n", "row 3, column 'scenario'", "'2' where 1");
  expect_refused(head + "0,1,0,0\n0,2,0,0\n1,1,0,0\n", "row 4", "ends after 1 of 2");
  expect_refused(head + "0,1,0,0\n1,1,0,0\n1,2,0,0\n", "row 4, column 'scenario'", "'1' where 2");
  expect_refused(head + "0,1,0,0\n0,2,0,0\n1,1,0,0\n2,1,0,0\n", "row 5, column 'scenario'",
                 "'2' where 1");
  expect_refused(head + "zero,1,0,0\n", "row 2, column 'scenario'", "'zero' where 0");
}

TEST(MovesTable, HoldsAsManyStepsAsARunMayHave) {
  EXPECT_EQ(table_of(of_steps(64)).steps, 64u);
  expect_refused(of_steps(65), "row 66, column 'step'", "65 steps");
}

}  // namespace
}  // namespace plimsoll
