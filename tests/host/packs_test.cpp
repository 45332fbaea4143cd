// A book under several rule packs at once: each pack's figures are those of a run with it alone, on
// every engine that runs here, however the work is cut; rows that packs share are priced once.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "host/run.hpp"
#include "kernels/engine.hpp"
#include "tests/host/market_builder.hpp"
#include "tests/host/rule_desk.hpp"

namespace plimsoll {
namespace {

std::string const collateral =
    "[[haircuts]]\nasset = \"BTC\"\nunit = \"currency\"\nborrow_surcharge = 0.1\n"
    "tiers = [{ from = 0, haircut = 0.1 }, { from = 50000, haircut = 0.3 }]\n"
    "[[haircuts]]\nasset = \"*\"\nweights = { asset = 1, liability = 1 }\n";

std::string brackets(std::string const& name) {
  return "[[schedules]]\nname = \"" + name +
         "\"\nkind = \"brackets\"\nunit = \"currency\"\nbrackets = [\n"
         "  { floor = 0, rate = 0.03 },\n  { floor = 50000, rate = 0.05 },\n]\n";
}

std::string match(std::string const& pattern, std::string const& schedule) {
  return "[[instruments]]\nmatch = \"" + pattern + "\"\nschedule = \"" + schedule + "\"\n";
}

std::string scan(std::string const& name, std::string const& spots) {
  return "[[schedules]]\nname = \"" + name + "\"\nkind = \"scan\"\ngrid = \"" + name +
         "\"\n[[scans]]\nname = \"" + name + "\"\nspots = " + spots +
         "\nvolatilities = [-0.25, 0]\nleast_per_unit = 10\n";
}

RulePack named(std::string const& name, std::string const& text, std::string const& gains) {
  RulePack pack = pack_of(text, gains);
  pack.name = name;
  return pack;
}

// Brackets; all scanned; some scanned by a grid that shares points with it; standard margin of
// options with another weight of gains; all scanned by the first grid again.
std::vector<RulePack> packs() {
  std::string const standard =
      "[[schedules]]\nname = \"sold\"\nkind = \"option_standard\"\nrate = 0.15\nleast = 0.1\n";
  return {named("brackets", collateral + brackets("b") + match("*", "b"), "gain_weight = 1"),
          named("scanned", collateral + scan("g", "[-0.15, 0, 0.15]") + match("*", "g"),
                "gain_weight = 1"),
          named("partly",
                collateral + scan("g", "[-0.15, 0]") + brackets("b") + match("ETH*", "g") +
                    match("CALL", "g") + match("*", "b"),
                "gain_weight = 0.5"),
          named("standard",
                collateral + standard + brackets("b") + match("CALL", "sold") +
                    match("PUT", "sold") + match("*", "b"),
                "gain_weight = 0.8"),
          named("scanned again", collateral + scan("g", "[-0.15, 0, 0.15]") + match("*", "g"),
                "gain_weight = 0")};
}

// A hedged, a short and an isolated pool of every kind of contract, with or without an order:
// without, a contract has one curve for all pools.
RunInputs inputs(bool ordered) {
  Desk desk;
  desk.asset("USDT", 1).asset("BTC", 100000).asset("ETH", 4000);
  desk.contract("BTC-PERP", "BTC", "USDT").contract("ETH-PERP", "ETH", "USDT");
  desk.contract("BTC-COIN", "BTC", "BTC", InstrumentKind::inverse, 100).terms(1.5, 0, 0);
  desk.contract("BTC-YEAR", "BTC", "BTC", InstrumentKind::inverse, 100);
  desk.contract("CALL", "BTC", "BTC", InstrumentKind::call).terms(20, 120000, 0.5);
  desk.contract("PUT", "ETH", "USDT", InstrumentKind::american_put).terms(90, 4200, 0.7);
  desk.hold("USDT", 14000).hold("BTC", 1).position("BTC-PERP", -1, 100000);
  desk.position("ETH-PERP", 20, 4000).position("CALL", -0.4, 0.02).position("PUT", -5, 400);
  if (ordered) desk.order("BTC-YEAR", OrderSide::buy, 100, 90000);
  desk.isolated().hold("USDT", 3000).position("ETH-PERP", -8, 4100);
  RunInputs in;
  in.book = desk.book();
  auto const pool = [&](std::string const& name) {
    in.book.pools.name.push_back(name);
    in.book.pools.account.push_back(0);
    in.book.pools.kind.push_back(PoolKind::isolated);
    return static_cast<std::uint32_t>(in.book.pools.name.size() - 1);
  };
  auto const hold = [&](std::uint32_t in_pool, std::uint32_t asset, double amount) {
    in.book.balances.pool.push_back(in_pool);
    in.book.balances.asset.push_back(asset);
    in.book.balances.amount.push_back(amount);
  };
  auto const position = [&](std::uint32_t in_pool, std::uint32_t instrument, double quantity) {
    in.book.positions.pool.push_back(in_pool);
    in.book.positions.instrument.push_back(instrument);
    in.book.positions.quantity.push_back(quantity);
    in.book.positions.entry_price.push_back(100000);
  };
  std::uint32_t const coins = pool("coins");
  hold(coins, 2, 0.2);
  position(coins, 2, 300);
  position(coins, 3, -900);
  in.market = test_market({"BTC", "ETH", "BTC.vol"}, {100000, 4000, 1});
  return in;
}

RunConfig config(std::string const& engine, unsigned threads, std::uint32_t tile,
                 std::uint32_t batch, Tails tails) {
  RunConfig config;
  config.scenarios = 400;
  config.horizon_days = 20;
  config.steps = 3;
  config.engine = engine;
  config.threads = threads;
  config.tile = tile;
  config.batch = batch;
  config.tails = tails;
  return config;
}

// The part of a column that is one pack's.
template <class T>
std::vector<T> part(std::vector<T> const& column, std::size_t pack, std::size_t packs) {
  std::size_t const each = column.size() / packs;
  auto const begin = column.begin() + static_cast<std::ptrdiff_t>(pack * each);
  return {begin, begin + static_cast<std::ptrdiff_t>(each)};
}

bool same(double a, double b) {
  return a == b || (a != a && b != b);
}
bool same(TickSum a, TickSum b) {
  return a == b;
}
bool same(std::uint64_t a, std::uint64_t b) {
  return a == b;
}
bool same(std::int64_t a, std::int64_t b) {
  return a == b;
}
bool same(std::uint32_t a, std::uint32_t b) {
  return a == b;
}

void expect_same(Result const& together, std::size_t p, Result const& alone) {
  auto const check = [&](char const* name, auto const& all, auto const& one) {
    auto const own = part(all, p, together.packs.size());
    ASSERT_EQ(own.size(), one.size()) << name;
    for (std::size_t i = 0; i < one.size(); ++i)
      ASSERT_TRUE(same(own[i], one[i])) << name << " differs at " << i;
  };
  Result::Pools const& a = together.pools;
  Result::Pools const& b = alone.pools;
  check("equity", a.equity, b.equity);
  check("requirement", a.requirement, b.requirement);
  check("excess", a.excess, b.excess);
  check("net_exposure", a.net_exposure, b.net_exposure);
  check("gross_exposure", a.gross_exposure, b.gross_exposure);
  check("breaches", a.breaches, b.breaches);
  check("first_passages", a.first_passages, b.first_passages);
  check("mean_shortfall", a.mean_shortfall, b.mean_shortfall);
  check("worst_shortfall", a.worst_shortfall, b.worst_shortfall);
  check("worst_scenario", a.worst_scenario, b.worst_scenario);
  check("value_at_risk", a.value_at_risk, b.value_at_risk);
  check("expected_shortfall", a.expected_shortfall, b.expected_shortfall);
  check("accounts", together.accounts.breaches, alone.accounts.breaches);
  check("worst_pool", together.accounts.worst_pool, alone.accounts.worst_pool);
  check("accounts_in_breach", together.scenarios.accounts_in_breach,
        alone.scenarios.accounts_in_breach);
  check("shortfall", together.scenarios.shortfall, alone.scenarios.shortfall);
  check("limited", together.firm.limited_draws, alone.firm.limited_draws);
  check("undefined", together.firm.undefined_cells, alone.firm.undefined_cells);
  check("asset_breaches", together.firm.asset_breaches, alone.firm.asset_breaches);
  check("asset_fall", together.firm.asset_fall, alone.firm.asset_fall);
}

void expect_same_together(bool ordered) {
  RunInputs all = inputs(ordered);
  all.rules = packs();
  for (Tails const tails : {Tails::none, Tails::flagged, Tails::all}) {
    std::vector<Result> alone;
    for (RulePack const& pack : all.rules) {
      RunInputs one = inputs(ordered);
      one.rules = {pack};
      alone.push_back(evaluate_run(config("reference", 1, 0, 0, tails), one));
      EXPECT_GT(alone.back().firm.breaching_cells[0], 0u) << pack.name;
    }
    for (Engine const* const engine : engines()) {
      if (!engine->availability().usable) continue;
      for (auto const& [threads, tile, batch] :
           {std::tuple(1u, 0u, 0u), {2u, 64u, 1u}, {3u, 9u, 0u}}) {
        SCOPED_TRACE(std::string(engine->name()) + ", tile " + std::to_string(tile));
        Result const together =
            evaluate_run(config(std::string(engine->name()), threads, tile, batch, tails), all);
        ASSERT_EQ(together.packs.size(), all.rules.size());
        for (std::size_t p = 0; p < alone.size(); ++p) {
          SCOPED_TRACE(all.rules[p].name);
          expect_same(together, p, alone[p]);
        }
      }
    }
  }
}

TEST(Packs, TogetherGiveWhatEachGivesAlone) {
  expect_same_together(true);
}

TEST(Packs, TogetherGiveWhatEachGivesAloneWithoutOrders) {
  expect_same_together(false);
}

std::vector<ResolvedBook> resolved(std::vector<RulePack> const& rules, RunInputs const& in) {
  std::vector<ResolvedBook> books;
  for (RulePack const& pack : rules)
    books.emplace_back(in.book, in.market, pack, Threshold::maintenance,
                       RunShape{1, 10, 3, 20.0 / days_per_year / 3});
  return books;
}

// Every row of every pack stands once: those under shocks side by side, a contract that is scanned
// here and not there twice.
TEST(Packs, ShareTheirRows) {
  RunInputs const in = inputs(true);
  std::vector<RulePack> const rules = packs();
  std::vector<ResolvedBook> const alone = resolved(rules, in);
  std::vector<ResolvedBook> books = resolved(rules, in);
  ResolvedBook::share_rows(books);
  RowsView const first = books.front().rows();
  for (std::size_t p = 0; p < books.size(); ++p) {
    SCOPED_TRACE(rules[p].name);
    RowsView const own = books[p].rows();
    EXPECT_EQ(own.rows, first.rows);
    EXPECT_EQ(own.stored, first.stored);
    EXPECT_TRUE(std::equal(own.kind, own.kind + own.rows, first.kind));
    EXPECT_TRUE(std::equal(own.ratio, own.ratio + own.rows, first.ratio));
    EXPECT_TRUE(std::equal(own.option, own.option + (own.stored - own.assets), first.option));
    BookView const now = books[p].book();
    BookView const before = alone[p].book();
    std::uint64_t const terms = now.term_begin[now.group_begin[now.pools]];
    for (std::uint64_t t = 0; t < terms; ++t) {
      std::uint32_t const row = now.term_row[t];
      EXPECT_EQ(books[p].rows_today()[row], alone[p].rows_today()[before.term_row[t]]);
      EXPECT_EQ(books[p].instrument_of_row(row), alone[p].instrument_of_row(before.term_row[t]));
      EXPECT_EQ(row < own.stored, before.term_row[t] < alone[p].rows().stored);
    }
    for (std::uint32_t pool = 0; pool < now.pools; ++pool)
      EXPECT_EQ(evaluate<double>(now, books[p].rules(), pool, tonight(books[p])).excess,
                alone[p].margins_today()[pool].excess);
  }
  // The last pack brings nothing that the second has not brought.
  books = resolved({rules[1], rules[4]}, in);
  std::uint32_t const scanned = books[0].rows().rows;
  ResolvedBook::share_rows(books);
  EXPECT_EQ(books[1].rows().rows, scanned);
}

}  // namespace
}  // namespace plimsoll
