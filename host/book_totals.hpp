// What a venue holds and has lent of each asset: the sums of a book's balances above and below
// zero, in the order of the book.
#pragma once

#include "host/book.hpp"

namespace plimsoll {

// Of the whole book: the book's own `totals` where it is a part that carries them.
Book::Totals totals_of(Book const& book);

// Adds rows of balances to totals [asset].
void add_balances(std::vector<std::uint32_t> const& asset, std::vector<double> const& amount,
                  Book::Totals& totals);

}  // namespace plimsoll
