// The generator: published vectors, the counter table, uniforms.
#include "models/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace plimsoll {
namespace {

struct Vector {
  std::array<std::uint32_t, 4> counter;
  std::array<std::uint32_t, 2> key;
  std::array<std::uint32_t, 4> words;
};

// philox4x32-10 of Random123's published known-answer file (tests/kat_vectors).
constexpr Vector published[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};

TEST(Philox, PublishedVectors) {
  for (Vector const& v : published) {
    r123::Philox4x32::ctr_type const counter = {
        {v.counter[0], v.counter[1], v.counter[2], v.counter[3]}};
    r123::Philox4x32::key_type const key = {{v.key[0], v.key[1]}};
    auto const out = r123::Philox4x32{}(counter, key);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(out[i], v.words[i]);
  }
}

TEST(Draws, CounterWordsAreThoseOfTheTable) {
  std::uint64_t const seed = 0x299f31d0a4093822u;
  std::uint64_t const scenario = 0x00abcdef12345678u;
  Draws const got = draws(seed, Purpose::mixing, scenario, 7, 9);
  r123::Philox4x32::ctr_type const counter = {{9, 7, 0x12345678, 0x02abcdef}};
  r123::Philox4x32::key_type const key = {{0xa4093822, 0x299f31d0}};
  auto const out = r123::Philox4x32{}(counter, key);
  EXPECT_EQ(got.first, (std::uint64_t{out[1]} << 32) | out[0]);
  EXPECT_EQ(got.second, (std::uint64_t{out[3]} << 32) | out[2]);
}

TEST(Draws, StreamsDoNotMeet) {
  std::set<std::uint64_t> seen;
  std::size_t drawn = 0;
  for (Purpose const purpose : {Purpose::factor_normal, Purpose::mixing, Purpose::synthetic_book})
    for (std::uint64_t scenario : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32})
      for (std::uint32_t step = 1; step < 4; ++step)
        for (std::uint32_t block = 0; block < 4; ++block, drawn += 2) {
          Draws const d = draws(1, purpose, scenario, step, block);
          seen.insert(d.first);
          seen.insert(d.second);
        }
  EXPECT_EQ(seen.size(), drawn);
}

TEST(Uniform, IsExactSymmetricAndInside) {
  EXPECT_EQ(uniform(0), 0x1p-53);
  EXPECT_EQ(uniform(~std::uint64_t{0}), 1.0 - 0x1p-53);
  for (std::uint64_t const bits : {std::uint64_t{0x123456789abcdef0}, std::uint64_t{1} << 63})
    EXPECT_EQ(uniform(~bits), 1.0 - uniform(bits));
}

}  // namespace
}  // namespace plimsoll
