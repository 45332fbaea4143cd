// Changed positions: what a book would be if one of its pools had traded. The book itself is
// changed, and can be changed back.
// Units:  contracts; prices in the unit of entry prices; balances in units of the asset.
// Method: docs/ask.md, "A changed position". The difference is traded at a price: what is added
//         enters the average entry price, what is reduced is realised into the balance of the asset
//         that the contract settles in.
// Trusts: a checked book. What comes of it is checked by whoever lays rules over it.
// Errors: InputError where nothing would change, or the outcome is no number.
#pragma once

#include <cstdint>
#include <optional>

#include "host/book.hpp"

namespace plimsoll {

struct HeldPosition {
  double quantity;  // [contract] not 0
  double entry;
};

std::optional<HeldPosition> position_of(Book const& book, std::uint32_t pool,
                                        std::uint32_t instrument);
std::optional<double> balance_of(Book const& book, std::uint32_t pool, std::uint32_t asset);

// Writes the row, or takes it away where there is none; order is kept.
void set_position(Book& book, std::uint32_t pool, std::uint32_t instrument,
                  std::optional<HeldPosition> position);
void set_balance(Book& book, std::uint32_t pool, std::uint32_t asset, std::optional<double> amount);

// What a trade makes of a position.
struct Traded {
  std::optional<HeldPosition> position;  // none: closed
  double realised;                       // [units of the settle asset]
};
Traded traded(Book const& book, std::uint32_t instrument, std::optional<HeldPosition> held,
              double quantity, double price);

// What the book was before: enough to change it back.
struct PositionChange {
  std::uint32_t pool, instrument;
  std::optional<HeldPosition> position;
  std::optional<double> balance;  // of the settle asset
};

// Makes the position `quantity` contracts by a trade at `price`. Returns what was.
PositionChange change_position(Book& book, std::uint32_t pool, std::uint32_t instrument,
                               double quantity, double price);
void change_back(Book& book, PositionChange const& change);

// An account with all of its pools, as a book of its own that carries the totals of the
// whole; row for row what the whole says of it.
Book account_part(Book const& book, std::uint32_t account, Book::Totals const& totals);

// The number of the account's first pool.
std::uint32_t first_pool_of(Book const& book, std::uint32_t account);

}  // namespace plimsoll
