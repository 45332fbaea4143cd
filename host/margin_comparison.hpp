// Tonight's margin of every pool under several packs, one beside the other.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "host/book.hpp"
#include "host/resolve.hpp"

namespace plimsoll {

// A pack laid over the book at one threshold; `name` says which.
struct NamedMargins {
  std::string name;
  ResolvedBook book;
};

// A small table for every pool: a line for each of `packs`, which are laid over `book`.
void write_side_by_side(std::ostream& out, Book const& book,
                        std::vector<NamedMargins> const& packs);

}  // namespace plimsoll
