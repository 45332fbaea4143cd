// Randomness without state: a draw is a function of (seed, purpose, scenario, step, index).
// Any rank, thread, device or auditor regenerates exactly the draw it needs; nothing is stored.
// Method: Philox4x32-10 of Random123 (Salmon et al., SC'11). One block gives 128 bits = two draws.
//
// Counter words (key = the 64-bit seed, low word first):
//   c0  index of the block: factor / 2 for normals, 0 for the mixing draw, item / 2 in synth
//   c1  step, from 1; the kind of figure in synth
//   c2  scenario, low 32 bits; account in synth
//   c3  purpose in the top 8 bits, scenario bits 32 to 55 below
// Every purpose owns its streams, so that a new feature never shifts an old number.
// Bits: integers only, and one exact conversion.
#pragma once

#include <Random123/philox.h>

#include <cstdint>

#include "models/platform.hpp"

namespace plimsoll {

enum class Purpose : std::uint32_t { factor_normal = 1, mixing = 2, synthetic_book = 16 };

struct Draws {
  std::uint64_t first, second;
};

PLIMSOLL_HD inline Draws draws(std::uint64_t seed, Purpose purpose, std::uint64_t scenario,
                               std::uint32_t step, std::uint32_t block) {
  r123::Philox4x32 const philox;
  r123::Philox4x32::ctr_type const counter = {
      {block, step, static_cast<std::uint32_t>(scenario),
       (static_cast<std::uint32_t>(purpose) << 24) |
           (static_cast<std::uint32_t>(scenario >> 32) & 0xffffffu)}};
  r123::Philox4x32::key_type const key = {
      {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
  r123::Philox4x32::ctr_type const out = philox(counter, key);
  return {(static_cast<std::uint64_t>(out[1]) << 32) | out[0],
          (static_cast<std::uint64_t>(out[3]) << 32) | out[2]};
}

// (k + 1/2) 2^-52 with k of 52 bits: exact, never 0 or 1, and symmetric about 1/2.
PLIMSOLL_HD inline double uniform(std::uint64_t bits) {
  return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52;
}

}  // namespace plimsoll
