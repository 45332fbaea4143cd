#include "host/exact_sum.hpp"

#include <cstddef>

namespace plimsoll {

void ExactSum::add(double addend) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    double const part = parts_[i];
    double const sum = addend + part;
    double const taken = sum - addend;  // of the part, by the sum
    double const lost = (addend - (sum - taken)) + (part - taken);
    if (lost != 0.0) parts_[kept++] = lost;
    addend = sum;
  }
  parts_.resize(kept);
  if (addend != 0.0) parts_.push_back(addend);
}

double ExactSum::rounded() const {
  std::size_t below = parts_.size();
  double sum = 0.0;
  double lost = 0.0;
  while (below > 0 && lost == 0.0) {
    double const part = parts_[--below];
    double const next = sum + part;
    lost = part - (next - sum);
    sum = next;
  }
  // What is lost may be exactly half of a last digit: then the sign of what lies below decides.
  if (below > 0 && (lost < 0.0) == (parts_[below - 1] < 0.0)) {
    double const whole = 2.0 * lost;
    double const other = sum + whole;
    if (other - sum == whole) return other;
  }
  return sum;
}

}  // namespace plimsoll
