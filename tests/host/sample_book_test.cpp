// The worked accounts of datasets/samples: every number of its README, computed from its files.
#include <gtest/gtest.h>

#include <cstddef>
#include <string>

#include "host/import_book.hpp"
#include "host/resolve.hpp"
#include "host/rules_file.hpp"

namespace plimsoll {
namespace {

std::string sample(std::string const& name) {
  return std::string(PLIMSOLL_SOURCE_DIR) + "/datasets/samples/" + name;
}

Book sample_book() {
  return import_book({sample("instruments.csv"), sample("accounts.csv"), sample("positions.csv"),
                      sample("balances.csv"), "USD"});
}

// The prices of the README, with BTC at `btc`.
Market market_at(double btc) {
  Market market;
  market.reporting_currency = "USD";
  market.constants.name = {"BTC", "ETH", "USDT"};
  market.constants.price = {btc, 3000.0, 1.0};
  return market;
}

struct Worked {
  char const* pool;
  double equity, requirement;
};

TEST(SampleBook, EveryPoolIsWorthWhatItsPageSays) {
  Book const book = sample_book();
  ResolvedBook const resolved(book, market_at(65000.0), read_rules(sample("rules.toml")));
  Worked const worked[] = {{"alice", 44840.0, 450.0},    {"bob", 1980.0, 0.0},
                           {"bob/scalp", 4950.0, 275.0}, {"carol", 108980.0, 600.0},
                           {"dave", 10650.0, 0.0},       {"erin", 55960.0, 120.0}};
  ASSERT_EQ(book.pools.name.size(), std::size(worked));
  for (std::size_t pool = 0; pool < std::size(worked); ++pool) {
    Margin<double> const margin = resolved.margins_today()[pool];
    EXPECT_EQ(book.pools.name[pool], worked[pool].pool);
    EXPECT_NEAR(margin.equity, worked[pool].equity, 1e-7) << worked[pool].pool;
    EXPECT_NEAR(margin.requirement, worked[pool].requirement, 1e-7) << worked[pool].pool;
    EXPECT_EQ(margin.excess, margin.equity - margin.requirement);
  }
}

TEST(SampleBook, TheIsolatedPoolBreachesAtItsPrice) {
  Book const book = sample_book();
  RulePack const rules = read_rules(sample("rules.toml"));
  std::size_t const scalp = 2;
  ASSERT_EQ(book.pools.name[scalp], "bob/scalp");
  double const edge = 59350.0 / 0.985;
  EXPECT_GT(ResolvedBook(book, market_at(edge + 0.01), rules).margins_today()[scalp].excess, 0.0);
  EXPECT_LT(ResolvedBook(book, market_at(edge - 0.01), rules).margins_today()[scalp].excess, 0.0);
  EXPECT_NEAR(ResolvedBook(book, market_at(edge - 0.01), rules).margins_today()[1].excess, 1980.0,
              1e-9);
}

// What a hedge is for: carol's excess moves with her coins' haircut alone, not with the contract.
TEST(SampleBook, TheHedgedPoolStandsInAFall) {
  Book const book = sample_book();
  RulePack const rules = read_rules(sample("rules.toml"));
  std::size_t const carol = 3;
  ASSERT_EQ(book.pools.name[carol], "carol");
  // 26,000: 52,000 x ... = 27,000 + 22,000 x 0.8; contract 2 x 40,000 x 0.99; 0.005 x 52,000 - 50
  Margin<double> const margin =
      ResolvedBook(book, market_at(26000.0), rules).margins_today()[carol];
  EXPECT_NEAR(margin.equity, 27000.0 + 17600.0 + 79200.0, 1e-7);
  EXPECT_NEAR(margin.requirement, 210.0, 1e-9);
}

}  // namespace
}  // namespace plimsoll
