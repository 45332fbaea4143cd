// Compiled with PLIMSOLL_EIGEN_MULTIPLY naming the function and, for one of the two instruction
// sets, with Eigen's namespace renamed: its inline functions would otherwise be joined by the
// linker, and one of the two would run the other's instructions.
#include "bench/peers/eigen_multiply.hpp"

#include <Eigen/SparseCore>

namespace plimsoll::bench {

void PLIMSOLL_EIGEN_MULTIPLY(SparseProduct const& product) {
  using Sparse = Eigen::SparseMatrix<float, Eigen::RowMajor>;
  using Dense = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  int const terms = product.begin[product.pools] - product.begin[0];
  Eigen::Map<Sparse const> const weights(product.pools, product.rows, terms, product.begin,
                                         product.index, product.weight);
  Eigen::Map<Dense const> const values(product.values, product.rows, product.width);
  Eigen::Map<Dense> excess(product.excess, product.pools, product.width);
  excess.noalias() += weights * values;
}

}  // namespace plimsoll::bench
