// The engine that a person asks for by name, or the fastest that can run here.
// Errors: InputError for a name that this build does not know, MachineError for an engine that
//   cannot run here.
#pragma once

#include <string>

#include "kernels/engine.hpp"

namespace plimsoll {

// "auto" is the preferred engine. `note` says why others were passed over, or what simulates.
Engine const& chosen_engine(std::string const& name, std::string& note);

}  // namespace plimsoll
