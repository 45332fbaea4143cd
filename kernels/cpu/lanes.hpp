// Eight columns side by side in two AVX2 registers: the number types over which the AVX2 code
// instantiates models/. Every operation is the double operation lane by lane, so that a lane's bits
// are those of the reference. Beside them sixteen floats for the filter, which decides nothing.
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
  static constexpr std::uint32_t strips = 1;  // of 8 columns
  __m256d low, high;

  Lanes() = default;
  Lanes(__m256d a, __m256d b) : low(a), high(b) {}
  explicit Lanes(double all) : low(_mm256_set1_pd(all)), high(low) {}

  static Lanes load(double const* first) {
    return {_mm256_loadu_pd(first), _mm256_loadu_pd(first + 4)};
  }
  // From `offset` on in each strip.
  static Lanes load(double const* const* strip, std::uint64_t offset) {
    return load(strip[0] + offset);
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
inline Lanes operator/(Lanes a, Lanes b) {
  return {_mm256_div_pd(a.low, b.low), _mm256_div_pd(a.high, b.high)};
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
inline std::uint32_t bits(LaneMask condition) {
  return static_cast<std::uint32_t>(_mm256_movemask_pd(condition.low)) |
         static_cast<std::uint32_t>(_mm256_movemask_pd(condition.high)) << 4;
}
inline bool any(LaneMask condition) {
  return _mm256_movemask_pd(_mm256_or_pd(condition.low, condition.high)) != 0;
}

// Bit i: lane i is not in [low, high]; NaN is not.
inline std::uint32_t not_within(Lanes a, double low, double high) {
  __m256d const from = _mm256_set1_pd(low);
  __m256d const to = _mm256_set1_pd(high);
  return bits(
      {_mm256_or_pd(_mm256_cmp_pd(a.low, from, _CMP_NGE_UQ), _mm256_cmp_pd(a.low, to, _CMP_NLE_UQ)),
       _mm256_or_pd(_mm256_cmp_pd(a.high, from, _CMP_NGE_UQ),
                    _mm256_cmp_pd(a.high, to, _CMP_NLE_UQ))});
}

// Sixteen floats.
struct Floats {
  __m256 low, high;

  explicit Floats(float all) : low(_mm256_set1_ps(all)), high(low) {}
  Floats(__m256 a, __m256 b) : low(a), high(b) {}

  static Floats load(float const* first) {
    return {_mm256_loadu_ps(first), _mm256_loadu_ps(first + 8)};
  }
  void store(float* first) const {
    _mm256_storeu_ps(first, low);
    _mm256_storeu_ps(first + 8, high);
  }
  // this + weight x moves
  Floats plus(Floats weight, Floats moves) const {
    return {_mm256_fmadd_ps(weight.low, moves.low, low),
            _mm256_fmadd_ps(weight.high, moves.high, high)};
  }
  Floats least(Floats other) const {
    return {_mm256_min_ps(low, other.low), _mm256_min_ps(high, other.high)};
  }
  Floats most(Floats other) const {
    return {_mm256_max_ps(low, other.low), _mm256_max_ps(high, other.high)};
  }
  // Bit i: not above `most`, or not a number.
  std::uint32_t not_above(float most) const {
    __m256 const line = _mm256_set1_ps(most);
    return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(low, line, _CMP_NGT_UQ))) |
           static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(high, line, _CMP_NGT_UQ)))
               << 8;
  }
};

}  // namespace plimsoll
