// Two strips of eight columns, a 512-bit register each, and sixteen floats in one: what lanes.hpp
// is to AVX2. Two strips go together because one alone would wait for its own sums. Trusts: AVX-512
// F and DQ, asked for by the engine before this code runs. Included by the file that
//   is compiled for it, and by no other.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "models/number.hpp"

namespace plimsoll {

struct WideMask {
  __mmask8 low, high;
};

struct WideLanes {
  static constexpr std::uint32_t count = 16;
  static constexpr std::uint32_t strips = 2;
  __m512d low, high;

  WideLanes() = default;
  WideLanes(__m512d a, __m512d b) : low(a), high(b) {}
  explicit WideLanes(double all) : low(_mm512_set1_pd(all)), high(low) {}

  static WideLanes load(double const* first) {
    return {_mm512_loadu_pd(first), _mm512_loadu_pd(first + 8)};
  }
  static WideLanes load(double const* const* strip, std::uint64_t offset) {
    return {_mm512_loadu_pd(strip[0] + offset), _mm512_loadu_pd(strip[1] + offset)};
  }
  void store(double* first) const {
    _mm512_storeu_pd(first, low);
    _mm512_storeu_pd(first + 8, high);
  }
};

inline WideLanes operator+(WideLanes a, WideLanes b) {
  return {_mm512_add_pd(a.low, b.low), _mm512_add_pd(a.high, b.high)};
}
inline WideLanes operator-(WideLanes a, WideLanes b) {
  return {_mm512_sub_pd(a.low, b.low), _mm512_sub_pd(a.high, b.high)};
}
inline WideLanes operator*(WideLanes a, WideLanes b) {
  return {_mm512_mul_pd(a.low, b.low), _mm512_mul_pd(a.high, b.high)};
}
inline WideLanes operator/(WideLanes a, WideLanes b) {
  return {_mm512_div_pd(a.low, b.low), _mm512_div_pd(a.high, b.high)};
}
inline WideMask operator>(WideLanes a, WideLanes b) {
  return {_mm512_cmp_pd_mask(a.low, b.low, _CMP_GT_OQ),
          _mm512_cmp_pd_mask(a.high, b.high, _CMP_GT_OQ)};
}
inline WideLanes fused(WideLanes a, WideLanes b, WideLanes c) {
  return {_mm512_fmadd_pd(a.low, b.low, c.low), _mm512_fmadd_pd(a.high, b.high, c.high)};
}
inline WideLanes magnitude(WideLanes a) {
  return {_mm512_abs_pd(a.low), _mm512_abs_pd(a.high)};
}
inline WideLanes select(WideMask condition, WideLanes yes, WideLanes no) {
  return {_mm512_mask_mov_pd(no.low, condition.low, yes.low),
          _mm512_mask_mov_pd(no.high, condition.high, yes.high)};
}
inline std::uint32_t bits(WideMask condition) {
  return static_cast<std::uint32_t>(condition.low) | static_cast<std::uint32_t>(condition.high)
                                                         << 8;
}
inline bool any(WideMask condition) {
  return bits(condition) != 0;
}

// Bit i: lane i is not in [low, high]; NaN is not.
inline std::uint32_t not_within(WideLanes a, double low, double high) {
  __m512d const from = _mm512_set1_pd(low);
  __m512d const to = _mm512_set1_pd(high);
  auto const outside = [&](__m512d x) {
    return static_cast<__mmask8>(_mm512_cmp_pd_mask(x, from, _CMP_NGE_UQ) |
                                 _mm512_cmp_pd_mask(x, to, _CMP_NLE_UQ));
  };
  return bits({outside(a.low), outside(a.high)});
}

// Sixteen floats.
struct WideFloats {
  __m512 all;

  explicit WideFloats(float each) : all(_mm512_set1_ps(each)) {}
  explicit WideFloats(__m512 a) : all(a) {}

  static WideFloats load(float const* first) { return WideFloats(_mm512_loadu_ps(first)); }
  void store(float* first) const { _mm512_storeu_ps(first, all); }
  WideFloats plus(WideFloats weight, WideFloats moves) const {
    return WideFloats(_mm512_fmadd_ps(weight.all, moves.all, all));
  }
  WideFloats least(WideFloats other) const {
    return WideFloats(_mm512_mask_min_ps(all, 0xffff, all, other.all));
  }
  WideFloats most(WideFloats other) const {
    return WideFloats(_mm512_mask_max_ps(all, 0xffff, all, other.all));
  }
  std::uint32_t not_above(float most) const {
    return _mm512_cmp_ps_mask(all, _mm512_set1_ps(most), _CMP_NGT_UQ);
  }
};

}  // namespace plimsoll
