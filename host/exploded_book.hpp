// Books derived from a book, to ask what its pools would be if they were other ones: a pool as it
// is, each of its positions by itself, the pool without one of them.
// Method: docs/models.md, "What positions do to each other".
// Trusts: a checked book. What is derived is not checked again: an account may have several cross
//   pools, and pools come in the order in which they were asked for.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/book.hpp"
#include "host/market.hpp"
#include "host/resolve.hpp"
#include "host/rules.hpp"

namespace plimsoll {

// Rows of a book's table: first up to last.
struct RowRange {
  std::size_t first = 0, last = 0;
  std::size_t size() const { return last - first; }
};

// What one pool holds.
struct PoolRows {
  RowRange balances, positions, orders;
  std::size_t size() const { return 1 + balances.size() + positions.size() + orders.size(); }
};
PoolRows rows_of(Book const& book, std::uint32_t pool);

// What a pool holds in one instrument: a position, orders, or both.
struct Holding {
  std::uint32_t instrument;
  std::size_t position;  // row of the book, or no_position
  RowRange orders;
};
inline constexpr std::size_t no_position = ~std::size_t{0};

// By instrument, rising; orders in spot are no positions, and among those of all alone.
std::vector<Holding> holdings_of(Book const& book, std::uint32_t pool);
std::vector<Holding> all_holdings_of(Book const& book, std::uint32_t pool);

// A book with the assets, instruments and classes of `source`, to which accounts and pools are
// added one after the other, and to each pool what it holds: balances by rising asset, positions
// and orders by rising instrument.
class DerivedBook {
 public:
  explicit DerivedBook(Book const& source);

  void add_account(std::uint32_t like);  // its class and name
  void add_pool(std::string name, PoolKind kind);
  void add_balance(std::uint32_t asset, double amount);
  void add_position(std::uint32_t instrument, double quantity, double entry);
  void add_holding(Holding const& holding);  // as it is
  void add_orders(Holding const& holding);
  void copy_pool(std::uint32_t pool);

  Book const& book() const { return book_; }
  std::uint32_t pools() const { return static_cast<std::uint32_t>(book_.pools.name.size()); }

 private:
  std::uint32_t last_pool() const { return pools() - 1; }

  Book const& source_;
  Book book_;
};

// A holding by itself, tonight.
struct HoldingTonight {
  Holding holding;
  double need;      // [ccy] what collateral is handed out by: docs/models.md
  double realised;  // [units of the settle asset] profit and loss until tonight
  double entry;     // of the position, if it were entered tonight at its mark
};

// What one pool has to hand out in one asset: deposits, debts, and profit and loss until tonight.
struct Collateral {
  std::uint32_t asset;
  double total;               // [units]
  std::vector<double> parts;  // [holdings] of the total's sign; their sum is the total exactly
};

// How a pool is taken apart.
struct Partition {
  std::uint32_t pool;
  std::vector<HoldingTonight> holdings;  // none: the pool stays as it is
  std::vector<double> shares;            // [holdings] of need
  std::vector<Collateral> collateral;    // by rising asset
};

// Parts of `total` in proportion to `weights`, none below zero: whole multiples of a power of two
// so small that any of them sum without rounding. The last that has a weight takes what remains.
std::vector<double> exact_parts(double total, std::span<double const> weights);

// How the pools are taken apart under a pack, whose initial threshold says what a position needs.
std::vector<Partition> partitions(Book const& book, Market const& market, RulePack const& rules,
                                  RunShape const& shape, std::span<std::uint32_t const> pools);

// One of the pool's holdings in an isolated pool of its own, entered tonight at its mark.
void add_isolated(DerivedBook& derived, Book const& book, Partition const& partition,
                  std::size_t holding);

// The pool without one of its holdings, of which tonight's profit and loss stays.
void add_without(DerivedBook& derived, Book const& book, Partition const& partition,
                 std::size_t left_out);

// The pack with what it would take from the whole book said in figures, and with debts allowed: a
// loss until tonight may be more than was put in.
RulePack with_totals_of(Book const& book, RulePack const& rules);

}  // namespace plimsoll
