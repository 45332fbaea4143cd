// Whether a book makes sense: asked of every book that is read or made, before anything trusts it.
// Complete: later code indexes the columns without looking again.
#pragma once

#include <string_view>

#include "host/book.hpp"

namespace plimsoll {

// InputError at "PLACE:/column[row]", rows counted from 0, where
//   columns of one table differ in length; a name is none or stands twice; an index names nothing;
//   pools are not ordered by account, an account has none or two cross ones; balances or positions
//   are not ordered by (pool, asset or instrument) or name a pair twice; an inverse instrument does
//   not settle in its underlying; a number is not finite, a price or contract size not positive, or
//   an amount too large for ticks.
void check_book(Book const& book, std::string_view place);

}  // namespace plimsoll
