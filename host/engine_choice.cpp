#include "host/engine_choice.hpp"

#include <fmt/format.h>

#include "host/error.hpp"

namespace plimsoll {

Engine const& chosen_engine(std::string const& name, std::string& note) {
  if (name == "auto") {
    Engine const& engine = preferred_engine();
    for (Engine const* const other : engines())
      if (Availability const found = other->availability(); !found.usable || found.simulated)
        note += fmt::format("{}{}: {}", note.empty() ? "" : "; ", other->name(), found.reason);
    return engine;
  }
  Engine const* const engine = engine_named(name);
  if (engine == nullptr) {
    std::string known = "auto";
    for (Engine const* const other : engines()) known += fmt::format(", {}", other->name());
    throw InputError("--engine " + name, "unknown engine", "this build has " + known,
                     "run `plimsoll engines`");
  }
  if (Availability const found = engine->availability(); !found.usable)
    throw MachineError(fmt::format("engine {} cannot run here: {}", name, found.reason));
  else if (found.simulated)
    note = "simulated device: " + found.reason;
  return *engine;
}

}  // namespace plimsoll
