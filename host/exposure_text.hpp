// What host/exposure.hpp finds, as a table for people, as CSV, as JSON: written pool by pool.
// Columns of CSV: a row with an empty position for the pool, then one for each position; a cell
// that
//   does not apply is empty. Amounts in the reporting currency, probabilities as fractions.
#pragma once

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>

#include "host/exposure.hpp"
#include "host/margin_table.hpp"

namespace plimsoll {

// What all pools have in common.
struct ExposureHead {
  std::string rules;
  std::string selection;  // which pools: "flagged in the run"
  std::uint64_t pools;    // how many
  std::uint64_t scenarios;
};

class ExposureWriter {
 public:
  // `book` outlives the object.
  static std::unique_ptr<ExposureWriter> make(std::ostream& out, Book const& book,
                                              ExposureHead head, TableFormat format);
  virtual ~ExposureWriter() = default;
  virtual void add(PoolExposure const& found) = 0;
  virtual void finish() = 0;
};

}  // namespace plimsoll
