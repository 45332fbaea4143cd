#include "host/segregation.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "host/error.hpp"
#include "host/exact_sum.hpp"
#include "kernels/cpu/tile.hpp"
#include "kernels/cpu/worker_pool.hpp"
#include "models/net_value.hpp"

namespace plimsoll {
namespace {

constexpr std::uint32_t tile_scenarios = 64;

// A linear sum of rows, without those that it does not hold.
struct RowSum {
  std::vector<std::uint32_t> row;
  std::vector<double> units;
};

std::vector<std::uint8_t> class_of_pools(Book const& book) {
  std::vector<std::uint8_t> of;
  for (std::uint32_t const account : book.pools.account)
    of.push_back(book.accounts.segregation_class[account]);
  return of;
}

// What each class holds of every asset, and behind the assets of every instrument.
class UnitSums {
 public:
  UnitSums(Book const& book, ResolvedBook const& resolved)
      : assets_(static_cast<std::uint32_t>(book.assets.size())),
        count_(assets_ + static_cast<std::uint32_t>(book.instruments.name.size())),
        row_(count_),
        sums_(book.classes.size() * count_) {
    for (std::uint32_t of = 0; of < count_; ++of)
      row_[of] = of < assets_ ? of : resolved.row_of_instrument(of - assets_);
  }

  void add(std::size_t c, std::uint32_t of, double units) { sums_[c * count_ + of].add(units); }

  void add(Result::ClassSums const& sums) {
    for (std::size_t i = 0; i < sums.units.size(); ++i) {
      if (sums.unit_of[i] >= count_)
        throw InputError("a slice", fmt::format("has units of row {}", sums.unit_of[i]),
                         fmt::format("the book has {} assets and contracts", count_),
                         "give --force to make all slices again");
      add(sums.unit_class[i], sums.unit_of[i], sums.units[i]);
    }
  }

  // Of the classes that custody is given for.
  void add_pools(Book const& book, ResolvedBook const& resolved,
                 std::vector<std::uint8_t> const& given) {
    BookView const view = resolved.book_as_owned();
    std::vector<std::uint8_t> const class_of = class_of_pools(book);
    std::vector<std::uint32_t> of_row(resolved.rows().rows, no_index);
    for (std::uint32_t of = 0; of < count_; ++of) of_row[row_[of]] = of;
    for (std::uint32_t pool = 0; pool < view.pools; ++pool) {
      std::uint8_t const c = class_of[pool];
      if (given[c] == 0) continue;
      for_net_parts(view, pool,
                    [&](std::uint32_t row, double units) { add(c, of_row[row], units); });
    }
  }

  void keep(Result::ClassSums& sums) const {
    sums.unit_class.clear();
    sums.unit_of.clear();
    sums.units.clear();
    for (std::size_t i = 0; i < sums_.size(); ++i)
      for (double const part : sums_[i].parts()) {
        sums.unit_class.push_back(static_cast<std::uint8_t>(i / count_));
        sums.unit_of.push_back(static_cast<std::uint32_t>(i % count_));
        sums.units.push_back(part);
      }
  }

  // What each class owes its clients together, less what is held for it.
  std::vector<RowSum> gaps(Book::Custody const& custody) {
    for (std::size_t i = 0; i < custody.asset.size(); ++i)
      add(custody.segregation_class[i], custody.asset[i], -custody.units[i]);
    std::vector<RowSum> gaps(sums_.size() / count_);
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      double const units = sums_[i].rounded();
      if (units == 0.0) continue;
      gaps[i / count_].row.push_back(row_[i % count_]);
      gaps[i / count_].units.push_back(units);
    }
    return gaps;
  }

 private:
  std::uint32_t assets_, count_;
  std::vector<std::uint32_t> row_;  // [assets + instruments]
  std::vector<ExactSum> sums_;      // [class][assets + instruments]
};

// A pool whose deficits are looked for.
struct Debtor {
  std::uint32_t pool;
  std::uint8_t segregation_class;
};

// Orders in spot may be worth something once they are filled, so that their pools are looked at
// too.
std::vector<Debtor> debtors(Book const& book, ResolvedBook const& resolved, Tally const& tally,
                            std::vector<std::uint8_t> const& given) {
  std::vector<std::uint8_t> const class_of = class_of_pools(book);
  std::vector<Debtor> found;
  for (std::uint32_t pool = 0; pool < class_of.size(); ++pool)
    if ((tally.pools[pool].breaches > 0 || resolved.has_spot_orders(pool)) &&
        given[class_of[pool]] != 0)
      found.push_back({pool, class_of[pool]});
  return found;
}

// Adds `units` of a row, whose places follow each other, to value.
void add_row(double const* row, double units, std::vector<double>& value) {
  for (std::size_t place = 0; place < value.size(); ++place)
    value[place] = value[place] + units * row[place];
}

// Deficits of the classes in the columns of scenarios: [scenario][step][class].
struct Deficits {
  TickSum* ticks;
  std::uint8_t* undefined;
};

// Adds what the debtors are below zero in the columns of a tile.
void add_deficits(cpu::Tile const& tile, BookView const& held, std::vector<Debtor> const& debtors,
                  std::uint32_t steps, std::uint32_t classes, Deficits to) {
  std::vector<double> value(tile.width());
  for (Debtor const& debtor : debtors)
    for (std::uint32_t step = 1; step <= steps; ++step) {
      value.assign(value.size(), 0.0);
      for_net_parts(held, debtor.pool, [&](std::uint32_t row, double units) {
        add_row(tile.place(row, step, 0), units, value);
      });
      for (std::uint32_t place = 0; place < tile.width(); ++place) {
        std::size_t const at =
            (std::size_t{place} * steps + step - 1) * classes + debtor.segregation_class;
        if (value[place] >= 0.0) continue;
        if (is_defined(value[place]))
          to.ticks[at] += ticks_up(-value[place]);
        else
          to.undefined[at] = 1;
      }
    }
}

// The worst column of each scenario of a tile into lack[scenario][class]; adds columns outside the
// domain to undefined[class].
void add_lack(cpu::Tile const& tile, std::vector<RowSum> const& gap,
              std::vector<std::uint8_t> const& given, std::uint32_t steps, Deficits of,
              TickSum* lack, std::vector<std::uint64_t>& undefined) {
  std::size_t const classes = gap.size();
  std::vector<double> value(tile.width());
  for (std::size_t c = 0; c < classes; ++c) {
    if (given[c] == 0) continue;
    for (std::uint32_t step = 1; step <= steps; ++step) {
      value.assign(value.size(), 0.0);
      for (std::size_t i = 0; i < gap[c].row.size(); ++i)
        add_row(tile.place(gap[c].row[i], step, 0), gap[c].units[i], value);
      for (std::uint32_t place = 0; place < tile.width(); ++place) {
        std::size_t const at = (std::size_t{place} * steps + step - 1) * classes + c;
        if (of.undefined[at] != 0 || !is_defined(value[place])) {
          ++undefined[c];
          continue;
        }
        TickSum const owed = of.ticks[at] + tick_sum(ticks_up(value[place]));
        TickSum& worst = lack[place * classes + c];
        if (worst < owed) worst = owed;
      }
    }
  }
}

// visit(thread, first scenario, tile) over all scenarios.
template <class Visit>
void for_tiles(ResolvedBook const& resolved, MarketView const& market, RunShape const& shape,
               cpu::WorkerPool& workers, Visit visit) {
  workers.for_chunks(shape.scenarios, tile_scenarios,
                     [&](unsigned thread, std::uint64_t begin, std::uint64_t end) {
                       auto const width = static_cast<std::uint32_t>(end - begin);
                       cpu::Tile tile(market, resolved.rows(), shape, width);
                       tile.price(begin, 0, width);
                       visit(thread, begin, tile);
                     });
}

// Columns outside the domain that threads counted.
class Undefined {
 public:
  Undefined(unsigned threads, std::size_t classes)
      : of_(threads, std::vector<std::uint64_t>(classes)) {}

  std::vector<std::uint64_t>& of(unsigned thread) { return of_[thread]; }
  std::vector<std::uint64_t> sum() const {
    std::vector<std::uint64_t> sum(of_.front().size());
    for (std::vector<std::uint64_t> const& seen : of_)
      for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += seen[c];
    return sum;
  }

 private:
  std::vector<std::vector<std::uint64_t>> of_;  // [thread][class]
};

void describe_tonight(Book const& book, ResolvedBook const& resolved, RunShape const& shape,
                      Result::Segregation& found) {
  ClassAccounts const today = class_accounts_today(book, resolved);
  found.custody_given = custody_given(book);
  found.owed_tonight = today.owed;
  found.held_tonight = today.held;
  found.undefined_columns.assign(book.classes.size(), 0);
  found.lack.assign(shape.scenarios * book.classes.size(), {});
}

}  // namespace

std::vector<std::uint8_t> custody_given(Book const& book) {
  std::vector<std::uint8_t> given(book.classes.size(), 0);
  for (std::uint8_t const c : book.custody.segregation_class) given[c] = 1;
  return given;
}

ClassAccounts class_accounts_today(Book const& book, ResolvedBook const& resolved) {
  ClassAccounts accounts{std::vector<TickSum>(book.classes.size()),
                         std::vector<double>(book.classes.size(), 0.0)};
  BookView const view = resolved.book_as_owned();
  std::vector<std::uint8_t> const class_of = class_of_pools(book);
  std::vector<double> const& rows = resolved.rows_today();
  for (std::uint32_t pool = 0; pool < view.pools; ++pool)
    accounts.owed[class_of[pool]] +=
        ticks_up(std::max(net_value(view, pool, [&](std::uint32_t r) { return rows[r]; }), 0.0));
  Book::Custody const& custody = book.custody;
  for (std::size_t i = 0; i < custody.asset.size(); ++i)
    accounts.held[custody.segregation_class[i]] += custody.units[i] * rows[custody.asset[i]];
  return accounts;
}

void check_segregation(Book const& book, ResolvedBook const& resolved, MarketView const& market,
                       RunShape const& shape, Tally const& tally, unsigned threads,
                       Result& result) {
  Result::Segregation& found = result.segregation;
  describe_tonight(book, resolved, shape, found);
  if (book.custody.asset.empty()) return;
  auto const classes = static_cast<std::uint32_t>(book.classes.size());
  UnitSums units(book, resolved);
  units.add_pools(book, resolved, found.custody_given);
  std::vector<RowSum> const gap = units.gaps(book.custody);
  std::vector<Debtor> const owing = debtors(book, resolved, tally, found.custody_given);
  cpu::WorkerPool workers(threads);
  Undefined undefined(workers.threads(), classes);
  for_tiles(resolved, market, shape, workers,
            [&](unsigned thread, std::uint64_t first, cpu::Tile const& tile) {
              std::size_t const columns = std::size_t{tile.width()} * shape.steps * classes;
              std::vector<TickSum> ticks(columns);
              std::vector<std::uint8_t> outside(columns);
              Deficits const deficits = {ticks.data(), outside.data()};
              add_deficits(tile, resolved.book_as_owned(), owing, shape.steps, classes, deficits);
              add_lack(tile, gap, found.custody_given, shape.steps, deficits,
                       &found.lack[first * classes], undefined.of(thread));
            });
  found.undefined_columns = undefined.sum();
}

void sum_classes(Book const& part, ResolvedBook const& resolved, MarketView const& market,
                 RunShape const& shape, Tally const& tally, unsigned threads, Result& result) {
  describe_tonight(part, resolved, shape, result.segregation);
  if (part.custody.asset.empty()) return;
  std::vector<std::uint8_t> const& given = result.segregation.custody_given;
  auto const classes = static_cast<std::uint32_t>(part.classes.size());
  Result::ClassSums& sums = result.class_sums;
  UnitSums units(part, resolved);
  units.add_pools(part, resolved, given);
  units.keep(sums);
  std::size_t const columns = shape.steps * classes;  // of a scenario
  sums.deficit.assign(shape.scenarios * columns, {});
  sums.undefined.assign(shape.scenarios * columns, 0);
  std::vector<Debtor> const owing = debtors(part, resolved, tally, given);
  if (owing.empty()) return;
  cpu::WorkerPool workers(threads);
  for_tiles(resolved, market, shape, workers,
            [&](unsigned, std::uint64_t first, cpu::Tile const& tile) {
              add_deficits(tile, resolved.book_as_owned(), owing, shape.steps, classes,
                           {&sums.deficit[first * columns], &sums.undefined[first * columns]});
            });
}

void add_class_sums(Result::ClassSums const& part, Result::ClassSums& whole) {
  std::map<std::pair<std::uint8_t, std::uint32_t>, ExactSum> units;
  for (Result::ClassSums const* const sums : {static_cast<Result::ClassSums const*>(&whole), &part})
    for (std::size_t i = 0; i < sums->units.size(); ++i)
      units[{sums->unit_class[i], sums->unit_of[i]}].add(sums->units[i]);
  whole.unit_class.clear();
  whole.unit_of.clear();
  whole.units.clear();
  for (auto const& [of, sum] : units)
    for (double const each : sum.parts()) {
      whole.unit_class.push_back(of.first);
      whole.unit_of.push_back(of.second);
      whole.units.push_back(each);
    }
  for (std::size_t i = 0; i < whole.deficit.size(); ++i) {
    whole.deficit[i] += part.deficit.at(i);
    whole.undefined[i] = std::max(whole.undefined[i], part.undefined.at(i));
  }
}

void find_lack(Book const& axes, ResolvedBook const& resolved, MarketView const& market,
               RunShape const& shape, unsigned threads, Result& result) {
  if (axes.custody.asset.empty()) return;
  std::size_t const classes = axes.classes.size();
  Result::Segregation& found = result.segregation;
  Result::ClassSums& sums = result.class_sums;
  UnitSums units(axes, resolved);
  units.add(sums);
  std::vector<RowSum> const gap = units.gaps(axes.custody);
  cpu::WorkerPool workers(threads);
  Undefined undefined(workers.threads(), classes);
  for_tiles(resolved, market, shape, workers,
            [&](unsigned thread, std::uint64_t first, cpu::Tile const& tile) {
              std::size_t const at = first * shape.steps * classes;
              add_lack(tile, gap, found.custody_given, shape.steps,
                       {&sums.deficit[at], &sums.undefined[at]}, &found.lack[first * classes],
                       undefined.of(thread));
            });
  found.undefined_columns = undefined.sum();
}

}  // namespace plimsoll
