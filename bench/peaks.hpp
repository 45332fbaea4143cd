// What this machine can do at most, measured in the run whose figures are compared with it.
// Units:  1/s; bytes per second.
// Method: independent fused multiply-adds in registers; the same with one operand loaded from L1;
//   loads over buffers that fit a cache or none. The best of several tries, because a ceiling is
//   not an average; with several threads the work of all over the time of the slowest.
// Trusts: instruction sets as CPUID says; cache sizes as the C library says.
#pragma once

#include <string>

namespace plimsoll::bench {

struct Peaks {
  unsigned threads = 1;
  double fma = 0.0;            // [1/s] float fused multiply-adds, a lane counting as one
  double fma_with_load = 0.0;  // [1/s] the same where each register of lanes is loaded from L1
  double load_l1 = 0.0;        // [byte/s]
  double load_l2 = 0.0;
  double load_l3 = 0.0;
  double load_memory = 0.0;
};

// "AVX-512", "AVX2", or empty where there is neither: then nothing can be measured.
std::string widest_vectors();

Peaks measure_peaks(unsigned threads);

// The better of two measurements, figure by figure.
Peaks best_of(Peaks const& a, Peaks const& b);

}  // namespace plimsoll::bench
