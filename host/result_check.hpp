// Whether a result makes sense and adds up: asked of every result that is read or written, before a
// page or a comparison trusts it.
#pragma once

#include <string_view>

#include "host/result.hpp"

namespace plimsoll {

// InputError at "PLACE:/column[row]", rows counted from 0 in the flattened array, where
//   columns along the same axes differ in length; a name is none or stands twice; an index names
//   nothing; a figure is out of its domain; a breach is counted in one table and not in another:
//   first passages of a pool sum to its breaches, pools in breach over the scenarios to those of
//   the pools, an account breaches at least as often as its worst pool and at most as often as all
//   of them together.
void check_result(Result const& result, std::string_view place);

}  // namespace plimsoll
