// Markets as files of schema plimsoll.market (docs/formats.md).
#pragma once

#include <string>

#include "host/market.hpp"
#include "host/output_file.hpp"
#include "host/schema.hpp"

namespace plimsoll {

inline constexpr Schema market_schema = {"plimsoll.market", 1, "plimsoll calibrate (market.h5)"};

// The market must pass check_market (else std::logic_error: the caller asks it first).
void write_market(Market const& market, std::string const& path,
                  Overwrite overwrite = Overwrite::no);

// A market that passed check_market; InputError for everything wrong with the file.
Market read_market(std::string const& path);

}  // namespace plimsoll
