#include "host/mixing_table.hpp"

#include <cmath>
#include <stdexcept>

#include "host/gamma.hpp"
#include "models/moves.hpp"

namespace plimsoll {

MixingTable mixing_table(double degrees_of_freedom) {
  if (!(degrees_of_freedom > 2.0)) {
    throw std::logic_error("mixing_table: a Student-t has a variance only above 2 degrees");
  }
  // chi2_nu is twice a gamma variable of shape nu / 2.
  double const shape = 0.5 * degrees_of_freedom;
  double const scale = 0.5 * (degrees_of_freedom - 2.0);
  MixingTable table;
  table.low.resize(mixing_nodes);
  table.high.resize(mixing_nodes);
  for (std::uint32_t i = 0; i < mixing_nodes; ++i) {
    double const p = mixing_node(i);
    table.low[i] = std::sqrt(scale / gamma_quantile_above(shape, p));
    table.high[i] = std::sqrt(scale / gamma_quantile_below(shape, p));
  }
  // Both sides name the median here; one number keeps m continuous across u = 1/2.
  table.high.back() = table.low.back();
  return table;
}

}  // namespace plimsoll
