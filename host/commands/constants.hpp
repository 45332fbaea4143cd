// NAME=PRICE arguments: assets declared not to move.
#pragma once

#include <string>
#include <vector>

#include "host/market.hpp"

namespace plimsoll {

// InputError naming the argument unless each is NAME=PRICE with a positive price.
Market::Constants parsed_constants(std::vector<std::string> const& texts);

}  // namespace plimsoll
