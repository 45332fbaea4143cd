// How the program says no. Nothing below host/ prints; every failure carries its remedy.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace plimsoll {

// Exit codes of the program, documented in docs/formats.md.
enum class ExitCode : int {
  success = 0,
  internal = 1,     // our own mistake
  wrong_input = 2,  // files, arguments, configuration
  machine = 3,      // device, disk, memory
  undefined = 4,    // finished, but cells outside the domain of the arithmetic were counted
  stopped = 5,      // told to stop; what is finished is kept
};

// Wrong input, found at the door. Message: "PLACE: problem (why it is one). Hint: remedy".
class InputError : public std::runtime_error {
 public:
  InputError(std::string_view place, std::string_view problem, std::string_view why,
             std::string_view hint)
      : std::runtime_error(fmt::format("{}: {} ({}). Hint: {}", place, problem, why, hint)) {}
};

// The machine fails: the call, the object, what to do.
class SystemError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace plimsoll
