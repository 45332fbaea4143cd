// A whole text file as a string, or a refusal that says why it cannot be had.
#pragma once

#include <cstdint>
#include <string>

namespace plimsoll {

// InputError where `path` is no readable regular file or is larger than `largest` bytes.
std::string read_text_file(std::string const& path, std::uint64_t largest);

}  // namespace plimsoll
