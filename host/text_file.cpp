#include "host/text_file.hpp"

#include <filesystem>
#include <fstream>

#include "host/error.hpp"

namespace plimsoll {

std::string read_text_file(std::string const& path, std::uint64_t largest) {
  std::error_code failure;
  bool const regular = std::filesystem::is_regular_file(path, failure);
  std::uint64_t const size = regular ? std::filesystem::file_size(path, failure) : 0;
  if (!regular || failure) {
    throw InputError(path, "cannot be read", failure ? failure.message() : "it is not a file",
                     "check the name and the working directory");
  }
  if (size > largest) {
    throw InputError(path, fmt::format("the file has {} bytes", size),
                     fmt::format("it may have up to {}", largest),
                     "check that it is the right file, or split it");
  }
  std::string text(size, '\0');
  std::ifstream in(path, std::ios::binary);
  if (!in || !in.read(text.data(), static_cast<std::streamsize>(size))) {
    throw InputError(path, "cannot be read", "the system refused it", "check the permissions");
  }
  return text;
}

}  // namespace plimsoll
