// Names and paths are other people's text: written so that they cannot become markup, script or
// terminal commands. Bytes that are not UTF-8 and control characters become U+FFFD.
#pragma once

#include <string>
#include <string_view>

namespace plimsoll {

std::string html_text(std::string_view text);  // for text and for quoted attributes
std::string html_name(
    std::string_view name);  // isolated, so that its writing direction stays its own
std::string json_string(std::string_view text);  // quoted; also safe inside a script element
std::string json_number(double value);  // shortest that reads back the same; null if not finite
std::string plain_name(std::string_view name,
                       std::size_t width);      // for terminals, cut with an ellipsis
std::string shell_word(std::string_view text);  // one argument of a POSIX shell

}  // namespace plimsoll
