// What may be a name (of an account, asset, pool, ...) or a text in a file.
// A name is 1 to 255 bytes of UTF-8 without control characters and without blanks at its ends, so
// that it can be shown, typed and written to CSV.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll {

inline constexpr std::size_t longest_name = 255;  // [byte]

bool is_utf8(std::string_view text);

// InputError at `place` where `name` is not a name.
void check_name(std::string_view place, std::string_view name);

// InputError where one of `names` is not a name or stands twice. `place` is that of the column.
void check_names(std::string_view place, std::vector<std::string> const& names);

// InputError where `date` is not a day of the calendar written YYYY-MM-DD.
void check_iso_date(std::string_view place, std::string_view date);

// "PLACE[ROW]": one element of a column, counted from 0.
std::string element(std::string_view place, std::size_t row);

}  // namespace plimsoll
