// NAME=PRICE arguments: assets declared not to move.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/market.hpp"

namespace plimsoll {

// InputError naming the argument unless each is NAME=PRICE with a positive price, names differ, and
// the reporting currency, if given, costs 1.
Market::Constants parsed_constants(std::vector<std::string> const& texts,
                                   std::string_view reporting_currency);

}  // namespace plimsoll
