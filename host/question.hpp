// A line that somebody typed, taken apart into words; nothing is known of what they mean.
// Words are separated by blanks; one that holds blanks stands in double quotes, in which "" is a
// quote.
#pragma once

#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plimsoll {

inline constexpr std::size_t longest_question = 65536;  // [byte]

// InputError where the line is too long, not UTF-8, holds control characters, or a quote stays
// open.
std::vector<std::string> words_of(std::string_view line);

// The next line without its end, cut one byte behind the longest question; nothing at the end.
std::optional<std::string> next_line(std::istream& in);

// A finite number that fills the whole word. InputError at `place`.
double number_of(std::string_view place, std::string_view word);

}  // namespace plimsoll
