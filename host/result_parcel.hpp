// A condensed result (condense.hpp) as bytes, on its way from one rank of a run to another of the
// same program: no file format, and nothing that is kept.
// Errors: std::logic_error where bytes do not hold exactly one result.
#pragma once

#include <string>

#include "host/result.hpp"

namespace plimsoll {

std::string pack_result(Result const& result);
Result unpack_result(std::string const& bytes);

}  // namespace plimsoll
