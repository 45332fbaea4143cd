// Whether a market makes sense: asked of every market that is read or made, before anything trusts
// it.
#pragma once

#include <string_view>

#include "host/market.hpp"

namespace plimsoll {

inline constexpr double loading_tolerance = 1e-9;  // of unit rows, and of L L^T = correlation
inline constexpr double largest_limit = 50.0;      // [log-return] of one step

// InputError at "PLACE:/column[row]", rows counted from 0, where
//   columns differ in length; a name is none or stands twice, also among factors and constants; a
//   price, volatility, limit or date is out of its domain; the correlation is not symmetric with
//   unit diagonal and positive definite; the loading is not its lower triangular factor to within
//   loading_tolerance; the mixing table is not positive and rising with u.
void check_market(Market const& market, std::string_view place);

}  // namespace plimsoll
