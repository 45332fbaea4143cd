#include "host/book_change.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "host/error.hpp"
#include "host/exploded_book.hpp"

namespace plimsoll {
namespace {

// Where (pool, second) stands, or would stand, in a table ordered by both.
std::size_t row_of(std::vector<std::uint32_t> const& pools,
                   std::vector<std::uint32_t> const& seconds, std::uint32_t pool,
                   std::uint32_t second) {
  auto const [first, last] = std::equal_range(pools.begin(), pools.end(), pool);
  auto const begin = seconds.begin() + (first - pools.begin());
  auto const end = seconds.begin() + (last - pools.begin());
  return static_cast<std::size_t>(std::lower_bound(begin, end, second) - seconds.begin());
}

bool stands_at(std::vector<std::uint32_t> const& pools, std::vector<std::uint32_t> const& seconds,
               std::size_t row, std::uint32_t pool, std::uint32_t second) {
  return row < pools.size() && pools[row] == pool && seconds[row] == second;
}

template <class T>
void insert(std::vector<T>& column, std::size_t row, T value) {
  column.insert(column.begin() + static_cast<std::ptrdiff_t>(row), value);
}

template <class T>
void erase(std::vector<T>& column, std::size_t row) {
  column.erase(column.begin() + static_cast<std::ptrdiff_t>(row));
}

// What closing `quantity` contracts of `entry` at `price` is worth [units of the settle asset].
double profit(Book const& book, std::uint32_t instrument, double quantity, double entry,
              double price) {
  double const units = quantity * book.instruments.contract_size[instrument];
  return book.instruments.kind[instrument] == InstrumentKind::inverse
             ? units * (1.0 / entry - 1.0 / price)
             : units * (price - entry);
}

// The entry price of two parts together.
double average_entry(Book const& book, std::uint32_t instrument, HeldPosition held, double added,
                     double price) {
  double const quantity = held.quantity + added;
  if (book.instruments.kind[instrument] == InstrumentKind::inverse)
    return quantity / (held.quantity / held.entry + added / price);
  return (held.quantity * held.entry + added * price) / quantity;
}

}  // namespace

std::optional<HeldPosition> position_of(Book const& book, std::uint32_t pool,
                                        std::uint32_t instrument) {
  Book::Positions const& table = book.positions;
  std::size_t const row = row_of(table.pool, table.instrument, pool, instrument);
  if (!stands_at(table.pool, table.instrument, row, pool, instrument)) return std::nullopt;
  return HeldPosition{table.quantity[row], table.entry_price[row]};
}

std::optional<double> balance_of(Book const& book, std::uint32_t pool, std::uint32_t asset) {
  Book::Balances const& table = book.balances;
  std::size_t const row = row_of(table.pool, table.asset, pool, asset);
  if (!stands_at(table.pool, table.asset, row, pool, asset)) return std::nullopt;
  return table.amount[row];
}

void set_position(Book& book, std::uint32_t pool, std::uint32_t instrument,
                  std::optional<HeldPosition> position) {
  Book::Positions& table = book.positions;
  std::size_t const row = row_of(table.pool, table.instrument, pool, instrument);
  bool const stands = stands_at(table.pool, table.instrument, row, pool, instrument);
  if (stands && !position) {
    erase(table.pool, row);
    erase(table.instrument, row);
    erase(table.quantity, row);
    erase(table.entry_price, row);
  }
  if (!position) return;
  if (!stands) {
    insert(table.pool, row, pool);
    insert(table.instrument, row, instrument);
    insert(table.quantity, row, 0.0);
    insert(table.entry_price, row, 0.0);
  }
  table.quantity[row] = position->quantity;
  table.entry_price[row] = position->entry;
}

void set_balance(Book& book, std::uint32_t pool, std::uint32_t asset,
                 std::optional<double> amount) {
  Book::Balances& table = book.balances;
  std::size_t const row = row_of(table.pool, table.asset, pool, asset);
  bool const stands = stands_at(table.pool, table.asset, row, pool, asset);
  if (stands && !amount) {
    erase(table.pool, row);
    erase(table.asset, row);
    erase(table.amount, row);
  }
  if (!amount) return;
  if (!stands) {
    insert(table.pool, row, pool);
    insert(table.asset, row, asset);
    insert(table.amount, row, 0.0);
  }
  table.amount[row] = *amount;
}

Traded traded(Book const& book, std::uint32_t instrument, std::optional<HeldPosition> held,
              double quantity, double price) {
  if (!held) return {HeldPosition{quantity, price}, 0.0};
  bool const same_side = quantity != 0.0 && std::signbit(quantity) == std::signbit(held->quantity);
  if (same_side && std::fabs(quantity) >= std::fabs(held->quantity)) {
    double const entry = average_entry(book, instrument, *held, quantity - held->quantity, price);
    return {HeldPosition{quantity, entry}, 0.0};
  }
  double const closed = same_side ? held->quantity - quantity : held->quantity;
  double const realised = profit(book, instrument, closed, held->entry, price);
  if (quantity == 0.0) return {std::nullopt, realised};
  return {HeldPosition{quantity, same_side ? held->entry : price}, realised};
}

PositionChange change_position(Book& book, std::uint32_t pool, std::uint32_t instrument,
                               double quantity, double price) {
  std::uint32_t const settle = book.instruments.settle[instrument];
  PositionChange const before{pool, instrument, position_of(book, pool, instrument),
                              balance_of(book, pool, settle)};
  double const held = before.position ? before.position->quantity : 0.0;
  if (held == quantity)
    throw InputError(fmt::format("{}", quantity), "the pool holds that already",
                     "nothing would change", "give the number of contracts that it shall hold");
  Traded const after = traded(book, instrument, before.position, quantity, price);
  double const balance = before.balance.value_or(0.0) + after.realised;
  if (!std::isfinite(balance) || (after.position && !std::isfinite(after.position->entry)))
    throw InputError(fmt::format("{}", quantity), "the outcome is no number",
                     "quantity or price is too large", "check both");
  set_position(book, pool, instrument, after.position);
  if (after.realised != 0.0) set_balance(book, pool, settle, balance);
  return before;
}

void change_back(Book& book, PositionChange const& change) {
  set_position(book, change.pool, change.instrument, change.position);
  set_balance(book, change.pool, book.instruments.settle[change.instrument], change.balance);
}

std::uint32_t first_pool_of(Book const& book, std::uint32_t account) {
  std::vector<std::uint32_t> const& of = book.pools.account;
  return static_cast<std::uint32_t>(std::lower_bound(of.begin(), of.end(), account) - of.begin());
}

Book account_part(Book const& book, std::uint32_t account, Book::Totals const& totals) {
  DerivedBook part(book);
  part.add_account(account);
  for (std::uint32_t pool = first_pool_of(book, account);
       pool < book.pools.account.size() && book.pools.account[pool] == account; ++pool)
    part.copy_pool(pool);
  Book made = part.book();
  made.totals = totals;
  return made;
}

}  // namespace plimsoll
