// Options priced over arrays of columns, in loops that the compiler turns into vector code; the
// tests compare them with prices one by one, the benchmark times them.
#pragma once

#include "models/american.hpp"
#include "models/european.hpp"

namespace plimsoll::tests {

inline constexpr int option_columns = 1024;

/// What a loop reads and writes, [option_columns] each.
struct OptionColumns {
  double const* price;       // forward or spot
  double const* volatility;  // of use to the `moved` loops alone
  double* value;
  double* delta;
};

/// The loops of one instruction set. `moved` ones find their terms column by column.
struct OptionLoops {
  char const* name;
  void (*european)(EuropeanTerms const&, double strike, OptionColumns const&);
  void (*european_moved)(OptionLife const&, double strike, OptionColumns const&);
  void (*coin_settled)(EuropeanTerms const&, double strike, OptionColumns const&);
  void (*coin_settled_moved)(OptionLife const&, double strike, OptionColumns const&);
  void (*american)(AmericanTerms const&, double strike, OptionColumns const&);
  void (*american_moved)(AmericanLife const&, double strike, OptionColumns const&);
};

extern OptionLoops const option_loops_avx2;
extern OptionLoops const option_loops_avx512;  // needs AVX-512 F, DQ, BW, CD, VL

}  // namespace plimsoll::tests
