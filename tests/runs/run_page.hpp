// A page that records runs: the commands that it tells the reader to type, and the tables of the
// figures that they give. A test types the commands and compares the figures, so that both live on
// the page only.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace plimsoll {

// One row of a table: a name, a figure for each run, and what other input may change it by.
struct RecordedRow {
  std::vector<std::string> figures;
  std::string tolerance;  // "exact", or such as "1 %" or "5"
};

struct RunPage {
  std::vector<std::string> commands;          // arguments of `plimsoll`, in the page's order
  std::map<std::string, std::string> inputs;  // SHA-256 of each input, by its path in the data
  std::map<std::string, RecordedRow> rows;    // by name
};

// Throws std::runtime_error where the page says something twice or has a row of another shape.
RunPage read_run_page(std::string const& path);

// Does `measured` meet what was recorded? Equal text always does; numbers (with thousands commas
// and a unit behind a blank) also within the tolerance.
bool within(std::string const& measured, std::string const& recorded, std::string const& tolerance);

}  // namespace plimsoll
