// What positions of a pool do to each other: two pools by hand, collateral that sums exactly, and
// random books of every kind against books that are taken apart here, pool by pool, and walked
// scenario by scenario.
#include "host/exposure.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>

#include "host/exploded_book.hpp"
#include "host/replay.hpp"
#include "models/sampling.hpp"
#include "tests/host/random_night.hpp"

namespace plimsoll {
namespace {

std::vector<PoolExposure> exposures(Night const& night, char const* engine = "reference",
                                    unsigned threads = 1, std::uint64_t lines = 0) {
  std::vector<std::uint32_t> pools(night.book.pools.name.size());
  for (std::uint32_t p = 0; p < pools.size(); ++p) pools[p] = p;
  ExposureTuning tuning;
  tuning.engine = engine_named(engine);
  tuning.threads = threads;
  tuning.batch_lines = lines;
  std::vector<PoolExposure> found;
  EXPECT_EQ(find_exposures({night.book, night.market, night.view(), night.rules, night.shape},
                           pools, tuning, [&](PoolExposure const& each) { found.push_back(each); }),
            0u);
  return found;
}

Held held_by(Book const& book, std::uint32_t pool) {
  Held held{book.pools.kind[pool], {}, {}, {}};
  for (std::size_t i = 0; i < book.balances.pool.size(); ++i)
    if (book.balances.pool[i] == pool)
      held.balances[book.balances.asset[i]] = book.balances.amount[i];
  for (std::size_t i = 0; i < book.positions.pool.size(); ++i)
    if (book.positions.pool[i] == pool)
      held.positions[book.positions.instrument[i]] = {book.positions.quantity[i],
                                                      book.positions.entry_price[i]};
  for (std::size_t i = 0; i < book.orders.pool.size(); ++i)
    if (book.orders.pool[i] == pool)
      held.orders.emplace(book.orders.instrument[i],
                          std::pair(book.orders.side[i], book.orders.quantity[i]));
  return held;
}

// The whole book with other pools in the place of one.
Book with(Book const& book, std::uint32_t replaced, std::vector<Held> const& instead) {
  Book changed = book;
  changed.pools = {};
  changed.balances = {};
  changed.positions = {};
  changed.orders = {};
  for (std::uint32_t pool = 0; pool < book.pools.name.size(); ++pool) {
    if (pool != replaced) add(changed, book.pools.account[pool], held_by(book, pool));
    if (pool == replaced)
      for (Held const& held : instead) add(changed, book.pools.account[pool], held);
  }
  return changed;
}

// Per pool and scenario: in breach or not.
std::vector<std::vector<bool>> walked(Night const& night, Book const& book,
                                      std::vector<TickSum>* shortfall = nullptr) {
  ResolvedBook const resolved(book, night.market, night.rules, Threshold::maintenance, night.shape);
  MarketView const view = night.view();
  Replay replay(resolved, view, night.shape);
  std::vector<std::vector<bool>> breach(book.pools.name.size());
  if (shortfall != nullptr) shortfall->assign(breach.size(), {});
  for (std::uint64_t s = 0; s < night.shape.scenarios; ++s) {
    replay.load(s);
    for (std::uint32_t pool = 0; pool < breach.size(); ++pool) {
      Passage const passage = replay.walk(pool);
      breach[pool].push_back(passage.step > 0);
      if (shortfall != nullptr) (*shortfall)[pool] += passage.shortfall;
    }
  }
  return breach;
}

template <class Is>
std::uint64_t count(Night const& night, Is is) {
  std::uint64_t found = 0;
  for (std::uint64_t s = 0; s < night.shape.scenarios; ++s) found += is(s) ? 1 : 0;
  return found;
}

Night by_hand(std::vector<std::vector<double>> const& returns) {
  Night night;
  night.market = test_market({"BTC", "ETH"}, {65000.0, 3000.0});
  night.moves.steps = 1;
  night.moves.scenarios = returns.size();
  for (auto const& scenario : returns)
    for (double const r : scenario) night.moves.log_moves.push_back(std::log1p(r));
  night.shape = {1, returns.size(), 1, 1.0 / 365.0};
  Book& book = night.book;
  book.reporting_currency = "USD";
  book.assets = {"USD", "USDT", "BTC", "ETH"};
  book.classes = {"house"};
  book.accounts = {{"hand"}, {0}};
  book.instruments.name = {"BTC/USDT:USDT", "BTC-FUTURE", "ETH/USDT:USDT"};
  book.instruments.kind.assign(3, InstrumentKind::linear);
  book.instruments.underlying = {2, 2, 3};
  book.instruments.settle = {1, 1, 1};
  book.instruments.contract_size.assign(3, 1.0);
  for (auto* const column :
       {&book.instruments.basis, &book.instruments.days_to_expiry, &book.instruments.strike,
        &book.instruments.volatility, &book.instruments.rate, &book.instruments.carry})
    column->assign(3, 0.0);
  night.rules = test_rules({"*"});
  night.rules.haircuts[1].figures.maintenance.borrow_surcharge = 0.0;
  night.rules.schedules = {
      {"contracts", {Brackets{EdgeUnit::currency, {{0.0, 0.01, 0.0}}}, {}, {}}}};
  return night;
}

// docs/models.md, "What positions do to each other".
TEST(Exposure, AHedgedPairStandsTogetherAndFallsIsolated) {
  Night night = by_hand({{0.0, 0.0}, {-0.1, 0.0}, {0.1, 0.0}, {-0.02, 0.0}});
  add(night.book, 0,
      {PoolKind::cross, {{1, 6000.0}}, {{0, {1.0, 65000.0}}, {1, {-1.0, 65000.0}}}, {}});
  PoolExposure const found = exposures(night).at(0);
  EXPECT_EQ(found.as_is.breaches, 0u);
  EXPECT_EQ(found.any_isolated, 2u);
  EXPECT_EQ(found.isolated().breaches, 2u);
  EXPECT_EQ(found.dragged_down(), 0u);
  EXPECT_EQ(found.spared(), 2u);
  for (PositionExposure const& position : found.positions) {
    EXPECT_EQ(position.need, 650.0);
    EXPECT_EQ(position.share, 0.5);
    EXPECT_EQ(position.isolated.breaches, 1u);
    EXPECT_EQ(position.without.breaches, 1u);
    EXPECT_EQ(position.drag(found.as_is), -1);
    EXPECT_EQ(position.dragged_along(), 0u);
    EXPECT_EQ(position.spared(found.as_is), 1u);
  }
  // 3,000 - 6,500 - 0.01 x 58,500 and 3,000 - 6,500 - 0.01 x 71,500.
  EXPECT_NEAR(currency(found.positions[0].isolated.shortfall), 4085.0, 2e-4);
  EXPECT_NEAR(currency(found.positions[1].isolated.shortfall), 4215.0, 2e-4);
}

TEST(Exposure, ALoserTakesTheOtherAlong) {
  Night night = by_hand({{-0.12, 0.0}, {-0.1, -0.1}, {-0.16, 0.0}, {-0.07, -0.07}, {0.0, 0.0}});
  add(night.book, 0,
      {PoolKind::cross, {{1, 10000.0}}, {{0, {1.0, 65000.0}}, {2, {20.0, 3000.0}}}, {}});
  PoolExposure const found = exposures(night).at(0);
  EXPECT_EQ(found.as_is.breaches, 2u);
  EXPECT_EQ(found.any_isolated, 3u);
  EXPECT_EQ(found.isolated().breaches, 4u);
  EXPECT_EQ(found.dragged_down(), 0u);
  EXPECT_EQ(found.spared(), 1u);
  ASSERT_EQ(found.positions.size(), 2u);
  PositionExposure const& btc = found.positions[0];
  PositionExposure const& eth = found.positions[1];
  EXPECT_NEAR(btc.share, 0.52, 1e-12);
  EXPECT_EQ(btc.isolated.breaches, 3u);
  EXPECT_EQ(eth.isolated.breaches, 1u);
  EXPECT_EQ(btc.without.breaches, 0u);
  EXPECT_EQ(eth.without.breaches, 1u);
  EXPECT_EQ(btc.drag(found.as_is), 2);
  EXPECT_EQ(eth.drag(found.as_is), 1);
  EXPECT_EQ(eth.dragged_along(), 1u);
  EXPECT_EQ(btc.dragged_along(), 0u);
  EXPECT_EQ(btc.spared(found.as_is), 1u);
}

// What was lost until tonight is money: a pool without the position has less.
TEST(Exposure, WhatWasLostUntilTonightStaysLost) {
  Night night = by_hand({{0.0, 0.0}, {0.0, -0.2}});
  add(night.book, 0,
      {PoolKind::cross, {{1, 3000.0}}, {{0, {0.1, 85000.0}}, {2, {3.0, 3000.0}}}, {}});
  PoolExposure const found = exposures(night).at(0);
  // 1,000 are left; ETH loses 1,800.
  EXPECT_EQ(found.as_is.breaches, 1u);
  EXPECT_EQ(found.positions[0].without.breaches, 1u);
  EXPECT_EQ(found.positions[1].without.breaches, 0u);
}

TEST(Exposure, APoolWithoutPositionsStaysAsItIs) {
  Night night = by_hand({{0.0, 0.0}, {-0.5, 0.0}});
  add(night.book, 0, {PoolKind::cross, {{1, -40000.0}, {2, 1.0}}, {}, {}});
  PoolExposure const found = exposures(night).at(0);
  EXPECT_EQ(found.as_is.breaches, 1u);
  EXPECT_EQ(found.any_isolated, 1u);
  EXPECT_EQ(found.either, 1u);
  EXPECT_EQ(found.isolated(), found.as_is);
  EXPECT_TRUE(found.positions.empty());
}

// Whatever the run recorded of a pool must come again.
TEST(Exposure, AnotherFigureThanTheRecordedOneIsOurFault) {
  Night night = by_hand({{-0.12, 0.0}, {-0.1, -0.1}, {-0.16, 0.0}});
  add(night.book, 0,
      {PoolKind::cross, {{1, 10000.0}}, {{0, {1.0, 65000.0}}, {2, {20.0, 3000.0}}}, {}});
  PoolExposure const found = exposures(night).at(0);
  RecordedRun run;
  run.config.scenarios = 3;
  run.config.steps = 1;
  Result::Pools& pools = run.result.pools;
  pools.name = {"two"};
  pools.breaches = {2};
  pools.mean_shortfall = {currency(found.as_is.shortfall) / 2.0};
  pools.worst_shortfall = {found.worst_shortfall};
  pools.expected_shortfall.assign(tail_levels, currency(found.as_is.tail_loss));
  EXPECT_NO_THROW(check_against(run, 0, found));
  auto const refused = [&](auto change) {
    RecordedRun other = run;
    change(other.result.pools);
    EXPECT_THROW(check_against(other, 0, found), std::logic_error);
  };
  refused([](Result::Pools& other) { other.breaches[0] = 1; });
  refused([](Result::Pools& other) { other.mean_shortfall[0] += 1e-4; });
  refused([](Result::Pools& other) { other.worst_shortfall[0] += 1; });
  refused([](Result::Pools& other) { other.expected_shortfall[0] += 1e-4; });
}

TEST(ExactParts, SumToTheTotalWithoutRounding) {
  std::mt19937_64 random(3);
  auto const uniform = [&random] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  for (int round = 0; round < 20000; ++round) {
    double const total = (uniform() - 0.5) * std::exp2(std::floor(uniform() * 80.0) - 40.0);
    std::vector<double> weights(1 + random() % 9);
    for (double& w : weights) w = random() % 4 == 0 ? 0.0 : std::exp(20.0 * uniform() - 10.0);
    weights[random() % weights.size()] = 1.0;
    std::vector<double> const parts = exact_parts(total, weights);
    double weight = 0.0, forwards = 0.0, backwards = 0.0;
    for (double const w : weights) weight += w;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      forwards += parts[i];
      backwards += parts[parts.size() - 1 - i];
      ASSERT_GE(parts[i] * total, 0.0);
      ASSERT_NEAR(parts[i], total * weights[i] / weight, std::abs(total) * 0x1p-35);
      if (weights[i] == 0.0) {
        ASSERT_EQ(parts[i], 0.0);
      }
    }
    ASSERT_EQ(forwards, total);
    ASSERT_EQ(backwards, total);
  }
  EXPECT_EQ(exact_parts(5.0, std::vector<double>{0.0, 0.0}), (std::vector<double>{0.0, 0.0}));
  EXPECT_EQ(exact_parts(-3.0, std::vector<double>{1.0, 2.0}), (std::vector<double>{-1.0, -2.0}));
}

// The contract's mark tonight in its settle asset.
double mark_of(Night const& night, std::uint32_t instrument) {
  ResolvedBook const resolved(night.book, night.market, night.rules, Threshold::maintenance,
                              night.shape);
  for (std::uint32_t row = 0; row < resolved.rows().rows; ++row)
    if (resolved.instrument_of_row(row) == instrument)
      return resolved.rows_today()[row] /
             resolved.rows_today()[night.book.instruments.settle[instrument]];
  ADD_FAILURE();
  return 0.0;
}

// A pool taken apart again, without any of host/exploded_book.
struct ByForce {
  std::vector<std::uint32_t> instruments;
  std::vector<Held> isolated, without;

  ByForce(Night const& night, std::uint32_t pool) {
    Book const& book = night.book;
    Held const held = held_by(book, pool);
    std::map<std::uint32_t, double> collateral = held.balances;
    std::map<std::uint32_t, double> realised, need, entry;
    for (auto const& [i, position] : held.positions) need[i] = 0.0;
    for (auto const& [i, order] : held.orders) need[i] = 0.0;
    double total = 0.0;
    for (auto& [i, needed] : need) {
      Held single{PoolKind::isolated, {}, {}, {}};
      double gross = 0.0, taken = 0.0;
      double const size = book.instruments.contract_size[i];
      double const mark = mark_of(night, i);
      bool const inverse = book.instruments.kind[i] == InstrumentKind::inverse;
      double quantity = 0.0;
      if (auto const p = held.positions.find(i); p != held.positions.end()) {
        single.positions.insert(*p);
        quantity = p->second.first;
        realised[i] = inverse ? quantity * size * (1.0 / p->second.second - mark)
                              : quantity * size * (mark - p->second.second);
        collateral[book.instruments.settle[i]] += realised[i];
        entry[i] = inverse ? 1.0 / mark : mark;
        gross = std::abs(quantity) * size * mark *
                (inverse ? 65000.0 : 1.0);  // a unit of the settle asset is worth that much
      }
      double bids = 0.0, asks = 0.0;
      for (auto [o, end] = held.orders.equal_range(i); o != end; ++o) {
        single.orders.insert(*o);
        (o->second.first == OrderSide::buy ? bids : asks) += o->second.second;
      }
      if (book.instruments.name[i].starts_with("ETH/") && night.rules.name == "desk")
        taken = 0.05 * std::max(std::abs(quantity + bids), std::abs(quantity - asks)) * mark;
      Book alone = with(book, pool, {single});
      needed =
          taken + ResolvedBook(alone, night.market, night.rules, Threshold::initial, night.shape)
                      .margins_today()[pool]
                      .requirement;
      if (needed == 0.0) needed = gross;
      total += needed;
    }
    for (auto const& [i, needed] : need) {
      instruments.push_back(i);
      Held own{PoolKind::isolated, {}, {}, {}};
      for (auto const& [asset, amount] : collateral)
        own.balances[asset] =
            amount * (total > 0.0 ? needed / total : 1.0 / static_cast<double>(need.size()));
      Held rest = held;
      if (auto const p = held.positions.find(i); p != held.positions.end()) {
        own.positions[i] = {p->second.first, entry[i]};
        rest.balances[book.instruments.settle[i]] += realised[i];
        rest.positions.erase(i);
      }
      for (auto [o, end] = held.orders.equal_range(i); o != end; ++o) own.orders.insert(*o);
      rest.orders.erase(i);
      isolated.push_back(own);
      without.push_back(rest);
    }
  }
};

// The pack with the book's totals as they are tonight, because books taken apart have others.
RulePack with_figures(Night const& night) {
  RulePack pack = night.rules;
  double deposits = 0.0, borrows = 0.0;
  for (std::size_t i = 0; i < night.book.balances.pool.size(); ++i)
    if (night.book.balances.asset[i] == 1) {
      double const amount = night.book.balances.amount[i];
      (amount < 0.0 ? borrows : deposits) += std::abs(amount);
    }
  for (HaircutSchedule& schedule : pack.haircuts)
    if (auto& totals = schedule.figures.maintenance.by_total; totals) {
      totals->deposits = deposits;
      totals->borrows = borrows;
    }
  return pack;
}

class RandomBooks : public testing::TestWithParam<std::tuple<int, bool>> {};

TEST_P(RandomBooks, AgreeWithBooksTakenApartByForce) {
  auto const [seed, tiers_only] = GetParam();
  Night const night = random_night(static_cast<std::uint64_t>(seed), tiers_only);
  std::vector<TickSum> shortfall;
  auto const as_is = walked(night, night.book, &shortfall);
  std::vector<PoolExposure> const found = exposures(night);
  Night fixed = night;
  fixed.rules = with_figures(night);
  std::uint64_t compared = 0, fell = 0;
  for (std::uint32_t pool = 0; pool < found.size(); ++pool) {
    PoolExposure const& exposure = found[pool];
    EXPECT_EQ(exposure.pool, pool);
    auto const fallen = [](std::vector<bool> const& in) {
      return [&in](std::uint64_t s) -> bool { return in[s]; };
    };
    EXPECT_EQ(exposure.as_is.breaches, count(night, fallen(as_is[pool])));
    EXPECT_EQ(exposure.as_is.shortfall, shortfall[pool]);
    ByForce const apart(fixed, pool);
    ASSERT_EQ(exposure.positions.size(), apart.instruments.size());
    if (apart.instruments.empty()) continue;
    std::vector<TickSum> isolated_shortfall;
    auto const isolated =
        walked(fixed, with(night.book, pool, apart.isolated), &isolated_shortfall);
    auto const any = [&](std::uint64_t s) {
      for (std::size_t h = 0; h < apart.instruments.size(); ++h)
        if (isolated[pool + h][s]) return true;
      return false;
    };
    EXPECT_EQ(exposure.any_isolated, count(night, any));
    EXPECT_EQ(exposure.either,
              count(night, [&](std::uint64_t s) { return any(s) || as_is[pool][s]; }));
    for (std::size_t h = 0; h < apart.instruments.size(); ++h) {
      PositionExposure const& position = exposure.positions[h];
      EXPECT_EQ(position.instrument, apart.instruments[h]);
      std::vector<bool> const& alone = isolated[pool + h];
      EXPECT_EQ(position.isolated.breaches, count(night, fallen(alone)));
      EXPECT_NEAR(currency(position.isolated.shortfall), currency(isolated_shortfall[pool + h]),
                  1e-6 * currency(isolated_shortfall[pool + h]) + 0.02);
      EXPECT_EQ(position.either,
                count(night, [&](std::uint64_t s) { return alone[s] || as_is[pool][s]; }));
      auto const without = walked(fixed, with(night.book, pool, {apart.without[h]}));
      EXPECT_EQ(position.without.breaches, count(night, fallen(without[pool])));
      compared += 1;
      fell += position.isolated.breaches + position.without.breaches;
    }
  }
  EXPECT_GT(compared, 10u);
  EXPECT_GT(fell, 100u);
}

TEST_P(RandomBooks, HandOutCollateralExactly) {
  auto const [seed, tiers_only] = GetParam();
  Night const night = random_night(static_cast<std::uint64_t>(seed), tiers_only);
  std::vector<std::uint32_t> pools;
  for (std::uint32_t p = 0; p < night.book.pools.name.size(); ++p) pools.push_back(p);
  int handed_out = 0;
  for (Partition const& partition :
       partitions(night.book, night.market, night.rules, night.shape, pools))
    for (Collateral const& collateral : partition.collateral) {
      if (partition.holdings.empty()) continue;
      Held const held = held_by(night.book, partition.pool);
      auto const balance = held.balances.find(collateral.asset);
      double total = balance == held.balances.end() ? 0.0 : balance->second, parts = 0.0;
      for (HoldingTonight const& h : partition.holdings)
        if (night.book.instruments.settle[h.holding.instrument] == collateral.asset)
          total += h.realised;
      for (double const part : collateral.parts) parts += part;
      EXPECT_EQ(parts, total);
      ++handed_out;
    }
  EXPECT_GT(handed_out, 5);
}

TEST_P(RandomBooks, EveryEngineBatchAndThreadCountAgrees) {
  auto const [seed, tiers_only] = GetParam();
  Night const night = random_night(static_cast<std::uint64_t>(seed), tiers_only);
  std::vector<PoolExposure> const reference = exposures(night);
  EXPECT_EQ(exposures(night, "simd", 2), reference);
  EXPECT_EQ(exposures(night, "simd", 1, 1), reference);
  EXPECT_EQ(exposures(night, "reference", 2, 30), reference);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomBooks,
                         testing::Combine(testing::Range(1, 5), testing::Bool()));

}  // namespace
}  // namespace plimsoll
