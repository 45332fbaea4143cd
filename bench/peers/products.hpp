// Libraries of linear algebra as contestants.
#pragma once

#include <string>

#include "bench/peers/blocked_product.hpp"

namespace plimsoll::bench {

// Of a problem, with what to call it and how many of its first pools are taken.
struct PeerShare {
  Problem const& problem;
  std::string suffix;  // of the name
  std::uint32_t pools;
  unsigned threads;
};

std::unique_ptr<Contestant> eigen_peer(PeerShare const& share);
std::unique_ptr<Contestant> openblas_peer(PeerShare const& share);

// Null, with the reason on stderr, where Debian's Python has no scipy.
std::unique_ptr<Contestant> scipy_peer(PeerShare const& share);

}  // namespace plimsoll::bench
