#include "bench/peers/results.hpp"

namespace plimsoll::bench {
namespace {

using nlohmann::json;

json json_of(Peaks const& peaks) {
  return {{"threads", peaks.threads},
          {"fma", peaks.fma},
          {"fma_with_load", peaks.fma_with_load},
          {"load_l1", peaks.load_l1},
          {"load_l2", peaks.load_l2},
          {"load_l3", peaks.load_l3},
          {"load_memory", peaks.load_memory}};
}

json json_of(Timing const& timing) {
  return {{"name", timing.name},
          {"description", timing.description},
          {"pools", timing.pools},
          {"position_columns", timing.position_columns},
          {"seconds", timing.seconds},
          {"cells_compared", timing.comparison.cells},
          {"cells_differing", timing.comparison.differing}};
}

json json_of(DeskConfig const& config) {
  return {{"seed", config.seed},
          {"pools", config.pools},
          {"columns", config.scenarios},
          {"factors", config.factors},
          {"instruments", config.instruments},
          {"rows", config.sharing == RowSharing::linear ? "linear" : "own"},
          {"positions", config.positions},
          {"wanted_breach", config.breach_share},
          {"buffer_scale", config.buffer_scale}};
}

}  // namespace

json json_of(Outcome const& outcome) {
  json peaks = json::array(), timings = json::array();
  for (Peaks const& measured : outcome.peaks) peaks.push_back(json_of(measured));
  for (Timing const& timing : outcome.timings) timings.push_back(json_of(timing));
  return {{"book", json_of(outcome.config)},
          {"positions_per_pool", outcome.positions_per_pool},
          {"breach", outcome.breach_share},
          {"cells", static_cast<double>(outcome.config.pools) *
                        static_cast<double>(outcome.config.scenarios)},
          {"cells_near_the_line", outcome.near_cells},
          {"near_the_line", near_the_line},
          {"threads", outcome.threads},
          {"vectors", widest_vectors()},
          {"peaks", peaks},
          {"timings", timings}};
}

}  // namespace plimsoll::bench
