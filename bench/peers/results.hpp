// What a run of peers found, as JSON for scripts/peers-table.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/desk_book.hpp"
#include "bench/peaks.hpp"
#include "bench/peers/truth.hpp"

namespace plimsoll::bench {

struct Timing {
  std::string name, description;
  std::uint32_t pools = 0;        // taken on
  double position_columns = 0.0;  // of the book, covered by a run
  std::vector<double> seconds;    // by round
  Comparison comparison;
};

struct Outcome {
  DeskConfig config;
  double positions_per_pool = 0.0;
  double breach_share = 0.0;
  std::uint64_t near_cells = 0;
  unsigned threads = 1;
  std::vector<Peaks> peaks;  // on one thread, and on all
  std::vector<Timing> timings;
};

nlohmann::json json_of(Outcome const& outcome);

}  // namespace plimsoll::bench
