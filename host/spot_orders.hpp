// Open orders in spot: what a pool holds once they are filled, on the side that leaves it least.
// Method: docs/rules.md, "Open orders in spot". The side is found tonight, market by market.
// Trusts: a checked book.
#pragma once

#include <memory>

#include "host/book.hpp"
#include "host/market.hpp"
#include "host/rules.hpp"
#include "models/market.hpp"

namespace plimsoll {

// The book itself where it has no orders in spot; else one of which the balances are those after
// the worse of all bids and all asks of each market, if that is worse than none. Totals stay.
class SpotFilled {
 public:
  SpotFilled(Book const& book, Market const& market, RulePack const& rules, Threshold threshold,
             RunShape const& shape);
  Book const& book() const { return filled_ ? *filled_ : given_; }

 private:
  Book const& given_;
  std::unique_ptr<Book> filled_;
};

}  // namespace plimsoll
