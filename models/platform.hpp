// What differs between a host and a device compiler, said once: one attribute, one fused
// multiply-add, and the way to look at the bits of a double.
//
// Trusts: double is IEEE 754 binary64, checked below; std::fma is one machine instruction
//         (x86-64-v3), else it is the library's slow but equally exact routine.
// Bits:   every function here is exact or correctly rounded, so host and device agree.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#if defined(__CUDACC__)
#define PLIMSOLL_HD __host__ __device__
#else
#define PLIMSOLL_HD
#endif

namespace plimsoll {

static_assert(std::numeric_limits<double>::is_iec559 && std::numeric_limits<double>::digits == 53,
              "the models are written for IEEE 754 binary64");

/// The 64 bits of `value`, sign in the highest.
PLIMSOLL_HD inline std::uint64_t bits_of(double value) {
#if defined(__CUDA_ARCH__)
  return static_cast<std::uint64_t>(__double_as_longlong(value));
#else
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
#endif
}

/// The double whose 64 bits are `bits`.
PLIMSOLL_HD inline double double_of(std::uint64_t bits) {
#if defined(__CUDA_ARCH__)
  return __longlong_as_double(static_cast<long long>(bits));
#else
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
#endif
}

/// a·b + c, rounded once.
PLIMSOLL_HD inline double fused(double a, double b, double c) {
#if defined(__CUDA_ARCH__)
  return ::fma(a, b, c);
#else
  return std::fma(a, b, c);
#endif
}

}  // namespace plimsoll
