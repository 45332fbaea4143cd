#include "host/market.hpp"

#include <stdexcept>

namespace plimsoll {

MarketView view_of(Market const& market, MoveTable const* table) {
  std::size_t const factors = market.factors.size();
  bool const whole = market.price.size() == factors && market.volatility.size() == factors &&
                     market.limit.size() == factors && market.loading.size() == factors * factors &&
                     market.mixing_low.size() == mixing_nodes &&
                     market.mixing_high.size() == mixing_nodes;
  if (!whole) throw std::logic_error("view_of: a market whose columns differ in length");
  if (table != nullptr && table->log_moves.size() != table->scenarios * table->steps * factors) {
    throw std::logic_error("view_of: a table of moves that was made for another market");
  }
  return {static_cast<std::uint32_t>(factors),
          market.price.data(),
          market.volatility.data(),
          market.limit.data(),
          market.loading.data(),
          market.mixing_low.data(),
          market.mixing_high.data(),
          table == nullptr ? nullptr : table->log_moves.data()};
}

}  // namespace plimsoll
