// Moves given by hand instead of drawn: a CSV with columns scenario, step and one per factor.
// Units: the file holds simple returns over the step (-0.3 is -30 %), memory holds log-moves.
// Method: docs/calibration.md, "Tables of moves": log(1 + r), converted here and nowhere else.
// Trusts: nothing; the shape and every number are checked.
// Bits:   models/elementary.hpp.
#pragma once

#include <string>
#include <string_view>

#include "host/market.hpp"
#include "host/output_file.hpp"

namespace plimsoll {

// InputError with file, row and column for factors missing or unknown, scenarios not counted from 0
// or steps not from 1 without gaps, scenarios of different length, returns that are not above -1.
MoveTable read_moves(std::string const& path, Market const& market);

// Returns are written with as many digits as give the same double back.
void write_moves(std::string const& path, Market const& market, MoveTable const& table,
                 Overwrite overwrite = Overwrite::no);

}  // namespace plimsoll
