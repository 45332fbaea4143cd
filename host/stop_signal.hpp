// What a run does when it is told to stop (SIGTERM, SIGINT): it says so and leaves at once. What is
// finished is under its name on the disk already, so there is nothing to write in a hurry.
#pragma once

#include <string>

namespace plimsoll {

// From here on a signal to stop prints `message` to stderr and ends the process with
// ExitCode::stopped. Signals that were ignored stay so.
void leave_when_told(std::string const& message);

}  // namespace plimsoll
