#include "host/market_store.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "host/market_check.hpp"
#include "tests/host/store_samples.hpp"

namespace plimsoll {
namespace {

void expect_equal(Market const& a, Market const& b) {
  EXPECT_EQ(a.reporting_currency, b.reporting_currency);
  EXPECT_EQ(a.as_of, b.as_of);
  EXPECT_EQ(a.factors, b.factors);
  EXPECT_EQ(a.price, b.price);
  EXPECT_EQ(a.volatility, b.volatility);
  EXPECT_EQ(a.limit, b.limit);
  EXPECT_EQ(a.correlation, b.correlation);
  EXPECT_EQ(a.loading, b.loading);
  EXPECT_EQ(a.degrees_of_freedom, b.degrees_of_freedom);
  EXPECT_EQ(a.mixing_low, b.mixing_low);
  EXPECT_EQ(a.mixing_high, b.mixing_high);
  EXPECT_EQ(a.constants.name, b.constants.name);
  EXPECT_EQ(a.constants.price, b.constants.price);
  EXPECT_EQ(a.dropped.name, b.dropped.name);
  EXPECT_EQ(a.dropped.reason, b.dropped.reason);
  EXPECT_EQ(a.calibration.first_date, b.calibration.first_date);
  EXPECT_EQ(a.calibration.last_date, b.calibration.last_date);
  EXPECT_EQ(a.calibration.common_rows, b.calibration.common_rows);
  EXPECT_EQ(a.calibration.ewma_lambda, b.calibration.ewma_lambda);
  EXPECT_EQ(a.calibration.shrinkage, b.calibration.shrinkage);
  EXPECT_EQ(a.calibration.log_likelihood, b.calibration.log_likelihood);
  EXPECT_EQ(a.calibration.observations, b.calibration.observations);
  EXPECT_EQ(a.calibration.day_count_mean, b.calibration.day_count_mean);
  EXPECT_EQ(a.provenance.command, b.provenance.command);
  EXPECT_EQ(a.provenance.inputs.size(), b.provenance.inputs.size());
}

TEST(MarketStore, ReadsBackWhatItWrote) {
  TestFolder const folder;
  write_market(sample_market(), folder / "market.h5");
  expect_equal(read_market(folder / "market.h5"), sample_market());
}

TEST(MarketStore, NormalMovesHaveInfiniteDegreesOfFreedom) {
  TestFolder const folder;
  Market market = sample_market();
  market.degrees_of_freedom = std::numeric_limits<double>::infinity();
  market.mixing_low.assign(mixing_nodes, 1.0);
  market.mixing_high.assign(mixing_nodes, 1.0);
  write_market(market, folder / "market.h5");
  expect_equal(read_market(folder / "market.h5"), market);
}

struct Wrong {
  char const* what;
  std::function<void(Market&)> spoil;
  char const* place;
  char const* problem;
};

std::vector<Wrong> wrong_markets() {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  return {
      {"no date", [](Market& m) { m.as_of = ""; }, "/as_of", "not a date"},
      {"no such day", [](Market& m) { m.as_of = "2023-02-29"; }, "/as_of", "not a date"},
      {"date with text", [](Market& m) { m.as_of = "2023-0a-01"; }, "/as_of", "not a date"},
      {"factor twice", [](Market& m) { m.factors[2] = "BTC"; }, "/factors/name[2]", "row 0"},
      {"price of zero", [](Market& m) { m.price[1] = 0.0; }, "/factors/price[1]", "not above 0"},
      {"price missing", [](Market& m) { m.price.pop_back(); }, "/factors/price", "2 rows"},
      {"price NaN", [=](Market& m) { m.price[1] = nan; }, "/factors/price[1]", "nan"},
      {"volatility negative", [](Market& m) { m.volatility[0] = -0.1; }, "/factors/volatility[0]",
       "-0.1"},
      {"limit of zero", [](Market& m) { m.limit[0] = 0.0; }, "/factors/limit[0]", "not above 0"},
      {"limit beyond exp", [](Market& m) { m.limit[0] = 1000.0; }, "/factors/limit[0]", "1000"},
      {"correlation above 1", [](Market& m) { m.correlation[3] = m.correlation[1] = 1.5; },
       "/dependence/correlation[1, 0]", "1.5"},
      {"correlation asymmetric", [](Market& m) { m.correlation[1] = 0.7; },
       "/dependence/correlation[1, 0]", "across the diagonal"},
      {"variance of 0.9", [](Market& m) { m.correlation[4] = 0.9; },
       "/dependence/correlation[1, 1]", "is 0.9"},
      {"correlation NaN", [=](Market& m) { m.correlation[3] = nan; },
       "/dependence/correlation[1, 0]", "nan"},
      {"not positive definite", [](Market& m) { m.correlation[5] = m.correlation[7] = -0.9; },
       "/dependence/correlation", "not positive definite at factor SOL"},
      {"correlation too short", [](Market& m) { m.correlation.pop_back(); },
       "/dependence/correlation", "8 rows"},
      {"loading not triangular", [](Market& m) { m.loading[1] = 1e-300; },
       "/dependence/loading[0, 1]", "is 1e-300"},
      {"loading's diagonal negative", [](Market& m) { m.loading[0] = -1.0; },
       "/dependence/loading[0, 0]", "is -1"},
      {"loading of another length", [](Market& m) { m.loading[8] += 1e-6; },
       "/dependence/loading[2, 2]", "squares of the row"},
      {"loading of another correlation",
       [](Market& m) {
         m.loading[3] = 0.6;
         m.loading[4] = 0.8;
       },
       "/dependence/loading[1, 0]", "the correlation is 0.75"},
      {"mixing falls", [](Market& m) { m.mixing_low[7] = m.mixing_low[6] - 1e-9; },
       "/mixing/low[7]", "is 0.25"},
      {"mixing rises from above", [](Market& m) { m.mixing_high[7] = m.mixing_high[6] + 1e-9; },
       "/mixing/high[7]", "is 1.99"},
      {"mixing falls in the middle", [](Market& m) { m.mixing_high.back() = 0.7; },
       "/mixing/high[496]", "is 0.7"},
      {"mixing of zero", [](Market& m) { m.mixing_low[0] = 0.0; }, "/mixing/low[0]", "not above 0"},
      {"mixing table short", [](Market& m) { m.mixing_low.pop_back(); }, "/mixing/low", "496"},
      {"no variance", [](Market& m) { m.degrees_of_freedom = 2.0; }, "/mixing/degrees_of_freedom",
       "is 2"},
      {"constant moves", [](Market& m) { m.constants.name[1] = "ETH"; }, "/constants/name[1]",
       "is a factor, too"},
      {"currency at 1.01", [](Market& m) { m.constants.price[0] = 1.01; }, "/constants/price[0]",
       "costs 1.01"},
      {"currency moves",
       [](Market& m) {
         m.constants = {};
         m.reporting_currency = "BTC";
       },
       "/factors/name", "reporting currency BTC is a factor"},
      {"dropped and used", [](Market& m) { m.dropped.name[1] = "SOL"; }, "/dropped/name[1]",
       "is a factor, too"},
      {"dropped without reason", [](Market& m) { m.dropped.reason.pop_back(); }, "/dropped/reason",
       "3 rows"},
      {"history backwards", [](Market& m) { m.calibration.last_date = "2020-01-01"; },
       "/calibration/last_date", "before"},
      {"lambda of 2", [](Market& m) { m.calibration.ewma_lambda = 2.0; },
       "/calibration/ewma_lambda[0]", "2"},
      {"observations missing", [](Market& m) { m.calibration.observations.clear(); },
       "/factors/observations", "0 rows"},
  };
}

TEST(MarketCheck, RefusesWhatMakesNoSense) {
  EXPECT_NO_THROW(check_market(sample_market(), "market"));
  TestFolder const folder;
  for (Wrong const& wrong : wrong_markets()) {
    SCOPED_TRACE(wrong.what);
    Market market = sample_market();
    wrong.spoil(market);
    std::string const message = refusal([&] { check_market(market, "tonight.h5"); });
    EXPECT_NE(message.find(fmt::format("tonight.h5:{}: ", wrong.place)), std::string::npos)
        << message;
    EXPECT_NE(message.find(wrong.problem), std::string::npos) << message;
    EXPECT_THROW(write_market(market, folder / "market.h5"), std::logic_error);
  }
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace
}  // namespace plimsoll
