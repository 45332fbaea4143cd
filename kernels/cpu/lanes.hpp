// Eight columns side by side in two AVX2 registers: the number type over which the vector engine
// instantiates models/. Every operation is the double operation lane by lane, so that a lane's bits
// are those of the reference.
// Trusts: AVX2 and FMA, the floor of the program (host/processor_floor.cpp).
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "models/number.hpp"

namespace plimsoll {

struct LaneMask {
  __m256d low, high;  // all bits of a lane set, or none
};

struct Lanes {
  static constexpr std::uint32_t count = 8;
  __m256d low, high;

  Lanes() = default;
  Lanes(__m256d a, __m256d b) : low(a), high(b) {}
  explicit Lanes(double all) : low(_mm256_set1_pd(all)), high(low) {}

  static Lanes load(double const* first) {
    return {_mm256_loadu_pd(first), _mm256_loadu_pd(first + 4)};
  }
  void store(double* first) const {
    _mm256_storeu_pd(first, low);
    _mm256_storeu_pd(first + 4, high);
  }
};

inline Lanes operator+(Lanes a, Lanes b) {
  return {_mm256_add_pd(a.low, b.low), _mm256_add_pd(a.high, b.high)};
}
inline Lanes operator-(Lanes a, Lanes b) {
  return {_mm256_sub_pd(a.low, b.low), _mm256_sub_pd(a.high, b.high)};
}
inline Lanes operator*(Lanes a, Lanes b) {
  return {_mm256_mul_pd(a.low, b.low), _mm256_mul_pd(a.high, b.high)};
}
inline LaneMask operator>(Lanes a, Lanes b) {
  return {_mm256_cmp_pd(a.low, b.low, _CMP_GT_OQ), _mm256_cmp_pd(a.high, b.high, _CMP_GT_OQ)};
}
inline Lanes fused(Lanes a, Lanes b, Lanes c) {
  return {_mm256_fmadd_pd(a.low, b.low, c.low), _mm256_fmadd_pd(a.high, b.high, c.high)};
}
inline Lanes magnitude(Lanes a) {
  __m256d const sign = _mm256_set1_pd(-0.0);
  return {_mm256_andnot_pd(sign, a.low), _mm256_andnot_pd(sign, a.high)};
}
inline Lanes select(LaneMask condition, Lanes yes, Lanes no) {
  return {_mm256_blendv_pd(no.low, yes.low, condition.low),
          _mm256_blendv_pd(no.high, yes.high, condition.high)};
}
inline bool any(LaneMask condition) {
  return _mm256_movemask_pd(_mm256_or_pd(condition.low, condition.high)) != 0;
}

// Any lane below zero, beyond `largest` in size, or not a number.
inline bool any_outside(Lanes a, double largest) {
  __m256d const zero = _mm256_setzero_pd();
  __m256d const most = _mm256_set1_pd(largest);
  // "not >= 0" and "not <= largest" hold for NaN as well.
  __m256d const below = _mm256_or_pd(_mm256_cmp_pd(a.low, zero, _CMP_NGE_UQ),
                                     _mm256_cmp_pd(a.high, zero, _CMP_NGE_UQ));
  __m256d const beyond = _mm256_or_pd(_mm256_cmp_pd(a.low, most, _CMP_NLE_UQ),
                                      _mm256_cmp_pd(a.high, most, _CMP_NLE_UQ));
  return _mm256_movemask_pd(_mm256_or_pd(below, beyond)) != 0;
}

}  // namespace plimsoll
