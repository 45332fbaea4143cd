// Eigen's sparse x dense product, compiled once per instruction set.
#pragma once

#include <cstdint>

namespace plimsoll::bench {

struct SparseProduct {
  int pools, rows, width;
  int const* begin;  // [pools + 1] into index and weight
  int const* index;
  float const* weight;
  float const* values;  // [rows][width]
  float* excess;        // [pools][width] to which the product is added
};

void eigen_multiply_avx2(SparseProduct const& product);
void eigen_multiply_avx512(SparseProduct const& product);

}  // namespace plimsoll::bench
