// A sum of doubles that loses nothing: the same whatever the order and the grouping of what is
// added, so that parts of a book can be added up apart.
// Method: the sum is kept as doubles of which none overlaps another (J. R. Shewchuk, Adaptive
//   precision floating-point arithmetic and fast robust geometric predicates, Discrete &
//   Computational Geometry 18, 1997, "grow expansion"); they are rounded to one once, to nearest.
// Bits: a sum that leaves the range of doubles on the way is not finite, and stays so.
#pragma once

#include <vector>

namespace plimsoll {

class ExactSum {
 public:
  void add(double addend);
  void add(ExactSum const& other) {
    for (double const part : other.parts_) add(part);
  }

  // The double nearest to the sum, the even one of two; not finite where an addend was not.
  double rounded() const;

  // Doubles that make the sum, the least first; none where it is zero. They hang on the order of
  // the addends, their sum does not.
  std::vector<double> const& parts() const { return parts_; }

 private:
  std::vector<double> parts_;
};

}  // namespace plimsoll
