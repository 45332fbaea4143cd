// The claim that deficits are found among pools in breach alone (docs/models.md, "What a class
// owes"), against every pool in every column of random books; a planted pool would be missed.
#include "host/segregation.hpp"

#include <gtest/gtest.h>

#include "host/book_file.hpp"
#include "host/book_store.hpp"
#include "host/replay.hpp"
#include "kernels/engine.hpp"
#include "models/net_value.hpp"
#include "tests/host/random_night.hpp"
#include "tests/host/store_samples.hpp"

namespace plimsoll {
namespace {

struct Counted {
  std::uint64_t deficits = 0, columns = 0, lacking = 0;
};

// Custody of about what the classes put in, so that some scenarios lack and others do not.
Night with_custody(Night night, double share) {
  std::map<std::pair<std::uint8_t, std::uint32_t>, double> held;
  Book::Balances const& balances = night.book.balances;
  for (std::size_t i = 0; i < balances.pool.size(); ++i)
    held[{night.book.accounts.segregation_class[night.book.pools.account[balances.pool[i]]],
          balances.asset[i]}] += balances.amount[i];
  for (auto const& [key, units] : held) {
    night.book.custody.segregation_class.push_back(key.first);
    night.book.custody.asset.push_back(key.second);
    night.book.custody.units.push_back(std::max(share * units, 0.0));
  }
  return night;
}

Counted compare(Night const& night) {
  ResolvedBook const resolved(night.book, night.market, night.rules, Threshold::maintenance,
                              night.shape);
  MarketView const view = night.view();
  Job const job{view,
                resolved.rows(),
                resolved.rules(),
                resolved.book(),
                resolved.pools_today().data(),
                night.shape,
                Tails::none};
  Tally const tally = engine_named("reference")->evaluate(job, Tuning{});
  Result result;
  check_segregation(night.book, resolved, view, night.shape, tally, 2, result);
  BookView const held = resolved.book_as_held();
  std::size_t const classes = night.book.classes.size();
  Replay replay(resolved, view, night.shape);
  Counted counted;
  for (std::uint64_t s = 0; s < night.shape.scenarios; ++s) {
    replay.load(s);
    std::vector<double> worst(classes, 0.0);
    for (std::uint32_t step = 1; step <= night.shape.steps; ++step) {
      auto const row = [&](std::uint32_t r) { return replay.row(step, r); };
      std::vector<double> owed(classes, 0.0);
      for (std::uint32_t pool = 0; pool < held.pools; ++pool) {
        double const net = net_value(held, pool, row);
        owed[night.book.accounts.segregation_class[night.book.pools.account[pool]]] +=
            std::max(net, 0.0);
        ++counted.columns;
        if (net >= -1e-6) continue;
        ++counted.deficits;
        // The claim itself, column by column.
        Margin<double> const margin =
            evaluate<double>(resolved.book(), resolved.rules(), pool, row);
        EXPECT_LT(margin.excess, 0.0) << "pool " << pool << ", scenario " << s;
        EXPECT_LE(margin.equity, net + 1e-6);
        EXPECT_GT(tally.pools[pool].breaches, 0u);
      }
      for (std::size_t i = 0; i < night.book.custody.asset.size(); ++i)
        owed[night.book.custody.segregation_class[i]] -=
            night.book.custody.units[i] * row(night.book.custody.asset[i]);
      for (std::size_t c = 0; c < classes; ++c) worst[c] = std::max(worst[c], owed[c]);
    }
    for (std::size_t c = 0; c < classes; ++c) {
      double const lack = currency(result.segregation.lack[s * classes + c]);
      // Sums round otherwise, and what is owed is rounded up once more for every debtor.
      EXPECT_NEAR(lack, worst[c], 0.01) << "scenario " << s << ", class " << c;
      counted.lacking += worst[c] > 0.02 ? 1 : 0;
    }
  }
  return counted;
}

TEST(Segregation, DeficitsAreFoundAmongPoolsInBreachAlone) {
  for (bool const tiers_only : {false, true}) {
    Counted all;
    for (std::uint64_t seed = 1; seed <= 6; ++seed)
      for (double const share : {0.9, 1.05}) {
        Night night = random_night(seed, tiers_only);
        night.shape.years_per_step = 20.0 / 365.0;  // far enough to lose more than was put in
        Counted const one = compare(with_custody(std::move(night), share));
        all.deficits += one.deficits;
        all.columns += one.columns;
        all.lacking += one.lacking;
      }
    EXPECT_GT(all.deficits, 500u);
    EXPECT_LT(all.deficits, all.columns / 2);
    EXPECT_GT(all.lacking, 100u);
  }
}

// What the search trusts: without the breaches of a tally it finds no deficit.
TEST(Segregation, LooksNowhereElse) {
  Night night = random_night(2, true);
  night.shape.years_per_step = 20.0 / 365.0;
  night = with_custody(std::move(night), 1.0);
  ResolvedBook const resolved(night.book, night.market, night.rules, Threshold::maintenance,
                              night.shape);
  MarketView const view = night.view();
  Job const job{view,
                resolved.rows(),
                resolved.rules(),
                resolved.book(),
                resolved.pools_today().data(),
                night.shape,
                Tails::none};
  Tally tally = engine_named("reference")->evaluate(job, Tuning{});
  Result found, blind;
  check_segregation(night.book, resolved, view, night.shape, tally, 1, found);
  for (PoolTally& pool : tally.pools) pool.breaches = 0;
  check_segregation(night.book, resolved, view, night.shape, tally, 1, blind);
  TickSum with_deficits, without;
  for (TickSum const lack : found.segregation.lack) with_deficits += lack;
  for (TickSum const lack : blind.segregation.lack) without += lack;
  EXPECT_LT(without, with_deficits);
}

// A book in parts lacks what it lacks in one piece, to the tick, wherever it is cut.
TEST(Segregation, PartsMakeTheWhole) {
  TestFolder const folder;
  std::uint64_t lacking = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Night night = random_night(seed, seed % 2 == 0);
    night.shape.years_per_step = 20.0 / 365.0;
    night = with_custody(std::move(night), 0.95);
    std::string const path = folder / fmt::format("{}.h5", seed);
    write_book(night.book, path);
    BookFile const file(path, 1);
    MarketView const view = night.view();
    // Of the book, or of a part of it.
    auto const checked = [&](Book const& book, auto check) {
      ResolvedBook const resolved(book, night.market, night.rules, Threshold::maintenance,
                                  night.shape);
      Job const job{view,
                    resolved.rows(),
                    resolved.rules(),
                    resolved.book(),
                    resolved.pools_today().data(),
                    night.shape,
                    Tails::none};
      Result result;
      check(book, resolved, view, night.shape, engine_named("reference")->evaluate(job, Tuning{}),
            2, result);
      return result;
    };
    Result const whole = checked(night.book, check_segregation);
    for (TickSum const& lack : whole.segregation.lack) lacking += lack == TickSum{} ? 0 : 1;
    std::vector<BookPlace> const& places = file.places();
    for (std::size_t const step : {std::size_t{1}, std::size_t{3}, places.size() - 1}) {
      Result joined;
      for (std::size_t i = 0; i + 1 < places.size(); i += step) {
        Result const part = checked(
            file.part(places[i], places[std::min(i + step, places.size() - 1)]), sum_classes);
        if (i == 0)
          joined = part;
        else
          add_class_sums(part.class_sums, joined.class_sums);
      }
      Book const axes = file.axes();
      ResolvedBook const resolved(axes, night.market, night.rules, Threshold::maintenance,
                                  night.shape);
      find_lack(axes, resolved, view, night.shape, 2, joined);
      EXPECT_EQ(joined.segregation.lack, whole.segregation.lack) << "seed " << seed;
      EXPECT_EQ(joined.segregation.undefined_columns, whole.segregation.undefined_columns);
    }
  }
  EXPECT_GT(lacking, 100u);
}

}  // namespace
}  // namespace plimsoll
