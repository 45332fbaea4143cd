#include "host/segregation.hpp"

#include <algorithm>

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

RowSum without_zeros(std::vector<double> const& units) {
  RowSum sum;
  for (std::uint32_t r = 0; r < units.size(); ++r) {
    if (units[r] == 0.0) continue;
    sum.row.push_back(r);
    sum.units.push_back(units[r]);
  }
  return sum;
}

std::vector<std::uint8_t> class_of_pools(Book const& book) {
  std::vector<std::uint8_t> of;
  for (std::uint32_t const account : book.pools.account)
    of.push_back(book.accounts.segregation_class[account]);
  return of;
}

// What each class owes its clients together, less what is held for it.
std::vector<RowSum> gaps(Book const& book, ResolvedBook const& resolved) {
  BookView const view = resolved.book_as_owned();
  std::vector<std::uint8_t> const class_of = class_of_pools(book);
  std::vector<std::vector<double>> units(book.classes.size(),
                                         std::vector<double>(resolved.rows().rows, 0.0));
  for (std::uint32_t pool = 0; pool < view.pools; ++pool)
    for_net_parts(view, pool,
                  [&](std::uint32_t row, double held) { units[class_of[pool]][row] += held; });
  Book::Custody const& custody = book.custody;
  for (std::size_t i = 0; i < custody.asset.size(); ++i)
    units[custody.segregation_class[i]][custody.asset[i]] -= custody.units[i];
  std::vector<RowSum> sums;
  for (std::vector<double> const& each : units) sums.push_back(without_zeros(each));
  return sums;
}

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

// The worst column of each scenario of a tile, class by class.
class TileAccounts {
 public:
  TileAccounts(BookView const& held, std::vector<RowSum> const& gap,
               std::vector<std::uint8_t> const& given, std::vector<Debtor> const& debtors,
               std::uint32_t steps)
      : held_(held), gap_(gap), given_(given), debtors_(debtors), steps_(steps) {}

  // lack[place][class] of `width` scenarios; adds columns outside the domain to undefined[class].
  void account(cpu::Tile const& tile, std::uint32_t width, TickSum* lack,
               std::vector<std::uint64_t>& undefined) {
    std::size_t const classes = gap_.size();
    for (std::uint32_t step = 1; step <= steps_; ++step) {
      owed_.assign(classes * width, {});
      defined_.assign(classes * width, 1);
      for (std::size_t c = 0; c < classes; ++c)
        if (given_[c] != 0) {
          value_.assign(width, 0.0);
          for (std::size_t i = 0; i < gap_[c].row.size(); ++i)
            add_row(tile.place(gap_[c].row[i], step, 0), gap_[c].units[i]);
          for (std::uint32_t place = 0; place < width; ++place) add(c, place, width, 1.0);
        }
      for (Debtor const& debtor : debtors_) {
        value_.assign(width, 0.0);
        for_net_parts(held_, debtor.pool, [&](std::uint32_t row, double units) {
          add_row(tile.place(row, step, 0), units);
        });
        for (std::uint32_t place = 0; place < width; ++place)
          if (!(value_[place] >= 0.0)) add(debtor.segregation_class, place, width, -1.0);
      }
      for (std::size_t c = 0; c < classes; ++c)
        for (std::uint32_t place = 0; place < width; ++place) {
          if (defined_[c * width + place] == 0) {
            ++undefined[c];
            continue;
          }
          TickSum& worst = lack[place * classes + c];
          if (worst < owed_[c * width + place]) worst = owed_[c * width + place];
        }
    }
  }

 private:
  // Adds `units` of a row, whose places follow each other, to value_.
  void add_row(double const* row, double units) {
    for (std::size_t place = 0; place < value_.size(); ++place)
      value_[place] = value_[place] + units * row[place];
  }

  void add(std::size_t c, std::uint32_t place, std::uint32_t width, double sign) {
    double const amount = sign * value_[place];
    if (is_defined(amount))
      owed_[c * width + place] += ticks_up(amount);
    else
      defined_[c * width + place] = 0;
  }

  BookView held_;
  std::vector<RowSum> const& gap_;
  std::vector<std::uint8_t> const& given_;
  std::vector<Debtor> const& debtors_;
  std::uint32_t steps_;
  std::vector<double> value_;
  std::vector<TickSum> owed_;
  std::vector<std::uint8_t> defined_;
};

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
  std::size_t const classes = book.classes.size();
  ClassAccounts const today = class_accounts_today(book, resolved);
  found.custody_given = custody_given(book);
  found.owed_tonight = today.owed;
  found.held_tonight = today.held;
  found.undefined_columns.assign(classes, 0);
  found.lack.assign(shape.scenarios * classes, {});
  if (book.custody.asset.empty()) return;
  std::vector<RowSum> const gap = gaps(book, resolved);
  std::vector<Debtor> const owing = debtors(book, resolved, tally, found.custody_given);
  cpu::WorkerPool workers(threads);
  std::vector<std::vector<std::uint64_t>> undefined(workers.threads(), found.undefined_columns);
  workers.for_chunks(shape.scenarios, tile_scenarios,
                     [&](unsigned thread, std::uint64_t begin, std::uint64_t end) {
                       auto const width = static_cast<std::uint32_t>(end - begin);
                       cpu::Tile tile(market, resolved.rows(), shape, width);
                       tile.price(begin, 0, width);
                       TileAccounts(resolved.book_as_owned(), gap, found.custody_given, owing,
                                    shape.steps)
                           .account(tile, width, &found.lack[begin * classes], undefined[thread]);
                     });
  for (std::vector<std::uint64_t> const& seen : undefined)
    for (std::size_t c = 0; c < classes; ++c) found.undefined_columns[c] += seen[c];
}

}  // namespace plimsoll
