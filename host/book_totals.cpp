#include "host/book_totals.hpp"

#include "models/number.hpp"

namespace plimsoll {

void add_balances(std::vector<std::uint32_t> const& asset, std::vector<double> const& amount,
                  Book::Totals& totals) {
  for (std::size_t i = 0; i < asset.size(); ++i)
    (amount[i] < 0.0 ? totals.borrows : totals.deposits)[asset[i]] += magnitude(amount[i]);
}

Book::Totals totals_of(Book const& book) {
  if (!book.totals.deposits.empty()) return book.totals;
  std::size_t const assets = book.assets.size();
  Book::Totals totals{std::vector<double>(assets, 0.0), std::vector<double>(assets, 0.0)};
  add_balances(book.balances.asset, book.balances.amount, totals);
  return totals;
}

}  // namespace plimsoll
