// Densified: a block of pools becomes a dense matrix, mostly zeros, and is multiplied by sgemm.
// Each thread multiplies blocks of its own on one thread of OpenBLAS, so that counting is shared as
// well.
#include <cblas.h>

#include <algorithm>

#include "bench/peers/products.hpp"

namespace plimsoll::bench {
namespace {

constexpr std::uint32_t block = 512;

class OpenBlasPeer final : public BlockedProduct {
 public:
  explicit OpenBlasPeer(PeerShare const& share)
      : BlockedProduct(share.problem, share.pools, block, share.threads), suffix_(share.suffix) {
    openblas_set_num_threads(1);
  }

  std::string name() const override { return "OpenBLAS densified" + suffix_; }
  std::string description() const override {
    return std::string(openblas_get_corename()) + ", " + settings();
  }

 protected:
  void multiply(Block const& part) const override {
    std::size_t const rows = problem().rows;
    thread_local std::vector<float> dense;
    dense.assign(part.pools * rows, 0.0f);
    for (std::uint32_t i = 0; i < part.pools; ++i)
      for (int t = begin(part.first + i); t < begin(part.first + i + 1); ++t)
        dense[i * rows + static_cast<std::size_t>(problem().index[static_cast<std::size_t>(t)])] =
            problem().weight[static_cast<std::size_t>(t)];
    auto const width = static_cast<blasint>(part.width);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, static_cast<blasint>(part.pools), width,
                static_cast<blasint>(rows), 1.0f, dense.data(), static_cast<blasint>(rows),
                part.values, width, 1.0f, part.excess, width);
  }

 private:
  int begin(std::uint32_t pool) const { return problem().begin[pool]; }

  std::string suffix_;
};

}  // namespace

std::unique_ptr<Contestant> openblas_peer(PeerShare const& share) {
  auto peer = std::make_unique<OpenBlasPeer>(share);
  peer->prepare({1024, 4096});
  return peer;
}

}  // namespace plimsoll::bench
