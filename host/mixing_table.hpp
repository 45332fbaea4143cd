// The mixing factor of the Student-t as a table: what turns independent normals into fat tails that
// all factors feel together.
// Units:  none; a factor of 1 is an ordinary day.
// Method: docs/calibration.md, "Mixing table". m(u) = sqrt((nu - 2) / chi2_nu^-1(1 - u)), scaled so
//         that m(u) times a standard normal has variance 1.
// Trusts: quantiles of the gamma distribution accurate to 1e-12, checked against Boost.Math.
// Bits:   host/gamma.hpp and one square root per node.
#pragma once

#include <vector>

namespace plimsoll {

struct MixingTable {
  std::vector<double> low;   // [mixing_nodes] m(mixing_node(i)), rising
  std::vector<double> high;  // [mixing_nodes] m(1 - mixing_node(i)), falling to low's last
};

// degrees_of_freedom > 2.
MixingTable mixing_table(double degrees_of_freedom);

}  // namespace plimsoll
