// Sparse x dense in Eigen: row-major, floats, vectors as wide as the processor has them.
#include "bench/peers/eigen_multiply.hpp"
#include "bench/peers/products.hpp"

namespace plimsoll::bench {
namespace {

constexpr std::uint32_t block = 64;  // pools; with tiles of hundreds of columns a block fits L2

bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512cd");
}

class EigenPeer final : public BlockedProduct {
 public:
  explicit EigenPeer(PeerShare const& share)
      : BlockedProduct(share.problem, share.pools, block, share.threads), suffix_(share.suffix) {}

  std::string name() const override { return "Eigen sparse x dense" + suffix_; }
  std::string description() const override {
    return std::string(has_avx512() ? "AVX-512, " : "AVX2, ") + settings();
  }

 protected:
  void multiply(Block const& part) const override {
    auto const multiply = has_avx512() ? eigen_multiply_avx512 : eigen_multiply_avx2;
    multiply({static_cast<int>(part.pools), static_cast<int>(problem().rows),
              static_cast<int>(part.width), problem().begin.data() + part.first,
              problem().index.data(), problem().weight.data(), part.values, part.excess});
  }

 private:
  std::string suffix_;
};

}  // namespace

std::unique_ptr<Contestant> eigen_peer(PeerShare const& share) {
  auto peer = std::make_unique<EigenPeer>(share);
  peer->prepare({128, 256, 512, 1024, 2048});
  return peer;
}

}  // namespace plimsoll::bench
