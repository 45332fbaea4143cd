// A build without MPI: one process, and a clear no where a launcher started several.
#include "host/ranks.hpp"

#include <cstdlib>

#include "host/error.hpp"

namespace plimsoll {

Ranks& all_ranks() {
  for (char const* const variable : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    char const* const size = std::getenv(variable);
    if (size == nullptr || std::string(size) == "1") continue;
    throw InputError(std::string(variable) + "=" + size, "this program was built without MPI",
                     "each of these processes would make the whole run",
                     "build the preset mpi, or start it without a launcher");
  }
  static Ranks alone;
  return alone;
}

std::string rank_in_words() {
  return "";
}

int end_ranks(int code) {
  return code;
}

bool with_mpi() {
  return false;
}

}  // namespace plimsoll
