// A book from four CSV tables and two that may be left out, as venues and desks export them;
// columns in docs/inputs.md, "Book as CSV":
//   instruments  name, kind (linear | inverse), underlying, settle, contract_size, basis (may be
//                absent or blank: 0)
//   accounts     name, class (house | client omnibus | client segregated)
//   positions    account, pool, instrument, quantity, entry_price
//   balances     account, pool, asset, amount
//   orders       account, pool, instrument, side (buy | sell), quantity, price
//   custody      class, asset, units: what is held apart for each segregation class
// The pool cell is blank or "cross" for what shares the account's collateral, "isolated:NAME" for a
// pool of its own. The assets are those that instruments and balances name.
// Units: as in host/book.hpp.
// Bits: the order of rows does not change the book, except that accounts, instruments and assets
//   keep theirs.
#pragma once

#include <string>

#include "host/book.hpp"

namespace plimsoll {

struct BookFiles {
  std::string instruments, accounts, positions, balances;
  std::string reporting_currency;  // an asset of price 1
  std::string orders = {};         // empty: no open orders
  std::string custody = {};        // empty: no custody given
};

// A checked book without provenance. InputError with file, row and column for unknown columns,
// accounts and instruments, for names or pairs that stand twice, numbers that are none or too large
// for ticks, quantities of 0, prices that are not positive, accounts that hold nothing.
Book import_book(BookFiles const& files);

}  // namespace plimsoll
