#include "host/option_spreads.hpp"

#include <algorithm>
#include <cstddef>

namespace plimsoll {

std::vector<OptionPair> pair_options(std::vector<OptionLeg> shorts, std::vector<OptionLeg> longs,
                                     bool puts) {
  auto const deeper = [puts](OptionLeg const& a, OptionLeg const& b) {
    if (a.strike != b.strike) return puts ? a.strike > b.strike : a.strike < b.strike;
    return a.option < b.option;
  };
  std::sort(shorts.begin(), shorts.end(), deeper);
  std::sort(longs.begin(), longs.end(), deeper);
  std::vector<OptionPair> pairs;
  std::size_t next = 0;
  for (OptionLeg const& written : shorts) {
    double left = written.amount;
    while (left > 0.0 && next < longs.size()) {
      double const amount = std::min(left, longs[next].amount);
      double const apart =
          puts ? written.strike - longs[next].strike : longs[next].strike - written.strike;
      pairs.push_back({written.option, amount, true, std::max(apart, 0.0)});
      left -= amount;
      longs[next].amount -= amount;
      if (longs[next].amount == 0.0) ++next;
    }
    if (left > 0.0) pairs.push_back({written.option, left, false, 0.0});
  }
  return pairs;
}

}  // namespace plimsoll
