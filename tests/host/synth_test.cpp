// Synthetic books: their shape, their reproducibility, their refusals.
#include "host/synth.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "host/book_store.hpp"
#include "host/digest.hpp"
#include "host/error.hpp"
#include "host/resolve.hpp"
#include "tests/host/market_builder.hpp"
#include "tests/host/store_samples.hpp"

namespace plimsoll {
namespace {

Market market() {
  return test_market({"BTC", "ETH", "SOL", "USDC"}, {65000.0, 3000.0, 150.0, 1.0});
}
RulePack rules() {
  return test_rules(
      {"BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT", "BTC/USD:BTC", "XYZ/USDT:USDT"});
}
Book book(std::uint32_t pools, std::uint64_t seed = 1) {
  return synthetic_book({pools, seed, 1.0}, market(), rules());
}

TEST(Synth, HasExactlyThePoolsAskedFor) {
  for (std::uint32_t const pools : {1u, 2u, 7u, 1000u})
    EXPECT_EQ(book(pools).pools.name.size(), pools);
}

TEST(Synth, SameArgumentsSameBook) {
  Book const a = book(500), b = book(500), other = book(500, 2);
  EXPECT_EQ(a.positions.quantity, b.positions.quantity);
  EXPECT_EQ(a.balances.amount, b.balances.amount);
  EXPECT_NE(a.balances.amount, other.balances.amount);
}

TEST(Synth, LongerBookBeginsLikeTheShorter) {
  Book const small = book(100), large = book(200);
  for (std::size_t i = 0; i + 10 < small.positions.pool.size(); ++i) {
    ASSERT_EQ(small.positions.quantity[i], large.positions.quantity[i]);
    ASSERT_EQ(small.positions.entry_price[i], large.positions.entry_price[i]);
  }
}

TEST(Synth, PartsMakeTheWhole) {
  Book const whole = book(700);
  Market const given = market();
  RulePack const pack = rules();
  TestFolder const folder;
  SyntheticParts parts({700, 1, 1.0}, given, pack);
  BookWriter file(folder / "parts.h5", Overwrite::no, 8, 18);
  std::size_t count = 0;
  for (; !parts.done(); ++count) file.append(parts.next(90));
  EXPECT_EQ(count, 8u);
  EXPECT_EQ(file.end().position, whole.positions.pool.size());
  file.finish();
  write_book(whole, folder / "whole.h5");
  EXPECT_EQ(digest(folder / "parts.h5"), digest(folder / "whole.h5"));
  EXPECT_EQ(read_book(folder / "parts.h5").balances.amount, whole.balances.amount);
}

// Weights by total hang on the whole book: it stays in one part, so that no pool starts below.
TEST(Synth, IsNotCutWhereWeightsHangOnTotals) {
  RulePack pack = rules();
  Market const given = market();
  pack.haircuts.front().figures.maintenance.by_total.emplace();
  SyntheticParts parts({300, 1, 1.0}, given, pack);
  EXPECT_EQ(parts.next(50).pools.name.size(), 300u);
  EXPECT_TRUE(parts.done());
}

TEST(Synth, NoPoolStartsBelowItsLine) {
  ResolvedBook const resolved(book(3000), market(), rules());
  for (Margin<double> const& margin : resolved.margins_today()) {
    ASSERT_GT(margin.equity, 0.0);
    ASSERT_LE(margin.requirement, 0.6001 * margin.equity);
  }
}

TEST(Synth, IsShapedAsDescribed) {
  Book const b = book(5000);
  ResolvedBook const resolved(b, market(), rules());
  auto const isolated = std::count(b.pools.kind.begin(), b.pools.kind.end(), PoolKind::isolated);
  EXPECT_GT(isolated, 1000);
  EXPECT_LT(isolated, 2500);
  std::vector<double> equity;
  std::size_t borrowers = 0;
  for (Margin<double> const& margin : resolved.margins_today()) equity.push_back(margin.equity);
  for (double const amount : b.balances.amount) borrowers += amount < 0.0 ? 1 : 0;
  EXPECT_GT(borrowers, 200u);
  std::sort(equity.begin(), equity.end(), std::greater<>());
  double total = 0.0, top = 0.0;
  for (std::size_t i = 0; i < equity.size(); ++i) {
    total += equity[i];
    if (i < equity.size() / 100) top += equity[i];
  }
  EXPECT_GT(top / total, 0.5);  // the richest hundredth holds more than half
  std::vector<std::size_t> uses(b.instruments.name.size());
  for (std::uint32_t const i : b.positions.instrument) ++uses[i];
  EXPECT_EQ(b.instruments.name.size(), 4u);  // XYZ is not in the market
  EXPECT_GT(uses[0], uses[2]);
}

TEST(Synth, OrderedAsTheFormatAsks) {
  Book const b = book(2000);
  EXPECT_TRUE(std::is_sorted(b.pools.account.begin(), b.pools.account.end()));
  for (std::size_t i = 1; i < b.positions.pool.size(); ++i)
    ASSERT_LT(std::make_pair(b.positions.pool[i - 1], b.positions.instrument[i - 1]),
              std::make_pair(b.positions.pool[i], b.positions.instrument[i]));
  for (std::size_t i = 1; i < b.balances.pool.size(); ++i)
    ASSERT_LT(std::make_pair(b.balances.pool[i - 1], b.balances.asset[i - 1]),
              std::make_pair(b.balances.pool[i], b.balances.asset[i]));
}

TEST(Synth, RefusesWhatMakesNoBook) {
  EXPECT_THROW(synthetic_book({0, 1, 1.0}, market(), rules()), InputError);
  EXPECT_THROW(synthetic_book({10, 1, 0.0}, market(), rules()), InputError);
  EXPECT_THROW(synthetic_book({10, 1, 1.0}, market(), test_rules({"*"})), InputError);
}

}  // namespace
}  // namespace plimsoll
