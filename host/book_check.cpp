#include "host/book_check.hpp"

#include <cmath>
#include <utility>

#include "host/column_check.hpp"
#include "host/error.hpp"
#include "host/instrument_check.hpp"
#include "host/name_check.hpp"
#include "models/ticks.hpp"

namespace plimsoll {

namespace {

constexpr std::string_view hint = "correct it where the book was made";
constexpr std::string_view too_large = "larger amounts do not fit the ticks of money";

void check_instruments(Book const& book, std::string_view place) {
  Book::Instruments const& table = book.instruments;
  check_lengths(place, {{"/instruments/name", table.name.size()},
                        {"/instruments/kind", table.kind.size()},
                        {"/instruments/underlying", table.underlying.size()},
                        {"/instruments/settle", table.settle.size()},
                        {"/instruments/contract_size", table.contract_size.size()},
                        {"/instruments/basis", table.basis.size()},
                        {"/instruments/days_to_expiry", table.days_to_expiry.size()},
                        {"/instruments/strike", table.strike.size()},
                        {"/instruments/volatility", table.volatility.size()},
                        {"/instruments/rate", table.rate.size()},
                        {"/instruments/carry", table.carry.size()}});
  check_names(column_place(place, "/instruments/name"), table.name);
  check_indices(column_place(place, "/instruments/underlying"), table.underlying,
                book.assets.size(), "/axes/asset");
  check_indices(column_place(place, "/instruments/settle"), table.settle, book.assets.size(),
                "/axes/asset");
  check_positive(column_place(place, "/instruments/contract_size"), table.contract_size,
                 largest_amount, too_large);
  std::string const basis = column_place(place, "/instruments/basis");
  for (std::size_t row = 0; row < table.name.size(); ++row) {
    if (!(table.basis[row] > -1.0 && table.basis[row] <= 1e6))
      throw InputError(element(basis, row), fmt::format("the basis is {}", table.basis[row]),
                       "the mark, spot x (1 + basis), would not be a positive price", hint);
    if (table.kind[row] == InstrumentKind::inverse && table.settle[row] != table.underlying[row])
      throw InputError(
          element(column_place(place, "/instruments/settle"), row),
          fmt::format("{} settles in {}", table.name[row], book.assets[table.settle[row]]),
          "inverse instruments settle in their underlying",
          "name the underlying, or make the instrument linear");
    if (auto const fault = contract_fault(table, row))
      throw InputError(
          element(column_place(place, fmt::format("/instruments/{}", fault->column)), row),
          fault->problem, std::string(fault->why), std::string(fault->hint));
  }
}

void check_accounts(Book const& book, std::string_view place) {
  check_names(column_place(place, "/axes/class"), book.classes);
  check_lengths(place, {{"/accounts/name", book.accounts.name.size()},
                        {"/accounts/segregation_class", book.accounts.segregation_class.size()}});
  check_names(column_place(place, "/accounts/name"), book.accounts.name);
  check_indices(column_place(place, "/accounts/segregation_class"), book.accounts.segregation_class,
                book.classes.size(), "/axes/class");
}

[[noreturn]] void refuse_without_pool(std::string_view place, Book const& book,
                                      std::size_t account) {
  throw InputError(element(column_place(place, "/accounts/name"), account),
                   fmt::format("the account {} has no pool", book.accounts.name[account]),
                   "there would be nothing to evaluate", "give it a cross pool, or leave it out");
}

void check_pools(Book const& book, std::string_view place) {
  Book::Pools const& table = book.pools;
  check_lengths(place, {{"/pools/name", table.name.size()},
                        {"/pools/account", table.account.size()},
                        {"/pools/kind", table.kind.size()}});
  check_names(column_place(place, "/pools/name"), table.name);
  std::string const where = column_place(place, "/pools/account");
  check_indices(where, table.account, book.accounts.name.size(), "/accounts/name");
  std::size_t account = 0;  // the first without a pool so far
  bool cross = false;       // the last account has a cross pool
  for (std::size_t row = 0; row < table.account.size(); ++row) {
    if (table.account[row] + std::size_t{1} < account)
      throw InputError(element(where, row), "the pools are not ordered by account",
                       "all pools of an account stand together", "sort the pools by account");
    if (table.account[row] > account) refuse_without_pool(place, book, account);
    bool const first = table.account[row] == account;
    account += first;
    bool const is_cross = table.kind[row] == PoolKind::cross;
    if (!first && cross && is_cross)
      throw InputError(element(where, row), "the account has two cross pools",
                       "what is not isolated shares one pool", "merge them, or isolate one");
    cross = is_cross || (cross && !first);
  }
  if (account < book.accounts.name.size()) refuse_without_pool(place, book, account);
}

void check_pairs(std::string_view place, std::vector<std::uint32_t> const& first,
                 std::vector<std::uint32_t> const& second, std::string_view what) {
  for (std::size_t row = 1; row < first.size(); ++row) {
    bool const twice = first[row] == first[row - 1] && second[row] == second[row - 1];
    bool const ordered =
        first[row] != first[row - 1] ? first[row] > first[row - 1] : second[row] > second[row - 1];
    if (twice)
      throw InputError(element(place, row), fmt::format("{} stands twice", what),
                       "it is not known whether they add up", "merge the two rows");
    if (!ordered)
      throw InputError(element(place, row), fmt::format("the rows are not ordered by {}", what),
                       "pools are read from front to back", "sort the rows");
  }
}

void check_balances(Book const& book, std::string_view place) {
  Book::Balances const& table = book.balances;
  check_lengths(place, {{"/balances/pool", table.pool.size()},
                        {"/balances/asset", table.asset.size()},
                        {"/balances/amount", table.amount.size()}});
  std::string const pool = column_place(place, "/balances/pool");
  check_indices(pool, table.pool, book.pools.name.size(), "/pools/name");
  check_indices(column_place(place, "/balances/asset"), table.asset, book.assets.size(),
                "/axes/asset");
  check_pairs(pool, table.pool, table.asset, "(pool, asset)");
  check_range(column_place(place, "/balances/amount"), table.amount, -largest_amount,
              largest_amount, too_large);
}

void check_positions(Book const& book, std::string_view place) {
  Book::Positions const& table = book.positions;
  check_lengths(place, {{"/positions/pool", table.pool.size()},
                        {"/positions/instrument", table.instrument.size()},
                        {"/positions/quantity", table.quantity.size()},
                        {"/positions/entry_price", table.entry_price.size()}});
  std::string const pool = column_place(place, "/positions/pool");
  check_indices(pool, table.pool, book.pools.name.size(), "/pools/name");
  check_indices(column_place(place, "/positions/instrument"), table.instrument,
                book.instruments.name.size(), "/instruments/name");
  check_pairs(pool, table.pool, table.instrument, "(pool, instrument)");
  check_positive(column_place(place, "/positions/entry_price"), table.entry_price, largest_amount,
                 "positions are opened at a price");
  std::string const quantity = column_place(place, "/positions/quantity");
  for (std::size_t row = 0; row < table.quantity.size(); ++row) {
    std::uint32_t const instrument = table.instrument[row];
    bool const linear = book.instruments.kind[instrument] != InstrumentKind::inverse;
    if (book.instruments.kind[instrument] == InstrumentKind::spot)
      throw InputError(element(column_place(place, "/positions/instrument"), row),
                       "a position in " + book.instruments.name[instrument],
                       "what is held of an asset is a balance", "make it one");
    double const units = table.quantity[row] * book.instruments.contract_size[instrument];
    double const value = linear ? units * table.entry_price[row] : units / table.entry_price[row];
    double const larger = std::fmax(std::fabs(value), linear ? 0.0 : std::fabs(units));
    if (!std::isfinite(table.quantity[row]) || !(larger <= largest_amount))
      throw InputError(
          element(quantity, row),
          fmt::format("the position of {} contracts is worth {}", table.quantity[row], larger),
          too_large, hint);
  }
}

void check_orders(Book const& book, std::string_view place) {
  Book::Orders const& table = book.orders;
  check_lengths(place, {{"/orders/pool", table.pool.size()},
                        {"/orders/instrument", table.instrument.size()},
                        {"/orders/side", table.side.size()},
                        {"/orders/quantity", table.quantity.size()},
                        {"/orders/price", table.price.size()}});
  std::string const pool = column_place(place, "/orders/pool");
  check_indices(pool, table.pool, book.pools.name.size(), "/pools/name");
  check_indices(column_place(place, "/orders/instrument"), table.instrument,
                book.instruments.name.size(), "/instruments/name");
  for (std::size_t row = 1; row < table.pool.size(); ++row)
    if (std::pair(table.pool[row - 1], table.instrument[row - 1]) >
        std::pair(table.pool[row], table.instrument[row]))
      throw InputError(element(pool, row), "the rows are not ordered by (pool, instrument)",
                       "pools are read from front to back", "sort the rows");
  check_positive(column_place(place, "/orders/price"), table.price, largest_amount,
                 "orders are placed at a price");
  std::string const quantity = column_place(place, "/orders/quantity");
  check_positive(quantity, table.quantity, largest_amount,
                 "the side says whether it buys or sells");
  for (std::size_t row = 0; row < table.pool.size(); ++row) {
    std::uint32_t const instrument = table.instrument[row];
    bool const linear = book.instruments.kind[instrument] != InstrumentKind::inverse;
    double const units = table.quantity[row] * book.instruments.contract_size[instrument];
    if (!(units * (linear ? table.price[row] : 1.0) <= largest_amount))
      throw InputError(element(quantity, row), "the order is too large", too_large, hint);
  }
}

void check_custody(Book const& book, std::string_view place) {
  Book::Custody const& table = book.custody;
  check_lengths(place, {{"/custody/segregation_class", table.segregation_class.size()},
                        {"/custody/asset", table.asset.size()},
                        {"/custody/units", table.units.size()}});
  std::string const of = column_place(place, "/custody/segregation_class");
  check_indices(of, table.segregation_class, book.classes.size(), "/axes/class");
  check_indices(column_place(place, "/custody/asset"), table.asset, book.assets.size(),
                "/axes/asset");
  check_range(column_place(place, "/custody/units"), table.units, 0.0, largest_amount,
              "custody is held, not owed, and larger amounts do not fit the ticks of money");
  for (std::size_t row = 1; row < table.asset.size(); ++row)
    if (std::pair(table.segregation_class[row - 1], table.asset[row - 1]) >=
        std::pair(table.segregation_class[row], table.asset[row]))
      throw InputError(element(of, row), "the rows are not ordered by (class, asset)",
                       "a pair that stands twice would be counted twice",
                       "sort the rows and merge those of one pair");
}

}  // namespace

void check_book(Book const& book, std::string_view place) {
  check_name(column_place(place, "/reporting_currency"), book.reporting_currency);
  check_lengths(place, {{"/axes/asset", book.assets.size()}});
  check_names(column_place(place, "/axes/asset"), book.assets);
  check_instruments(book, place);
  check_accounts(book, place);
  check_pools(book, place);
  check_balances(book, place);
  check_positions(book, place);
  check_orders(book, place);
  check_custody(book, place);
}

}  // namespace plimsoll
