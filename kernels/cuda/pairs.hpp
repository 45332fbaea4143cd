// Pairs of a unit and a slice of pools, and the lists of those that are still live.
// Pairs are numbered page by page, a page being so many slices as stay in the level-2 cache while
// all units pass; within a page by unit, within a unit by slice. A page's pairs with one unit are a
// group.
// Layouts: live[unit][slice]: bit c stands for child c of the unit.
// Errors: MachineError where a launch is refused.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "models/platform.hpp"

namespace plimsoll::cuda {

inline constexpr std::uint32_t page_slices = 2048;

struct PairSpace {
  std::uint32_t units;
  std::uint32_t slices;

  PLIMSOLL_HD std::uint64_t groups() const {
    return static_cast<std::uint64_t>((slices + page_slices - 1) / page_slices) * units;
  }
  PLIMSOLL_HD std::uint64_t size() const { return groups() * page_slices; }
  PLIMSOLL_HD std::uint32_t unit(std::uint32_t pair) const { return pair / page_slices % units; }
  PLIMSOLL_HD std::uint32_t slice(std::uint32_t pair) const {
    return pair / page_slices / units * page_slices + pair % page_slices;
  }
};

struct PairList {
  PairSpace space;
  std::uint32_t* pairs;        // ascending
  std::uint32_t* group_begin;  // [groups + 1] into pairs
  std::uint32_t* cursor;       // of those who go through the list; zero before

  PLIMSOLL_HD std::uint32_t const* count() const { return group_begin + space.groups(); }
};

// Pairs are listed whose unit is a live child of its parent in live[parent unit][slice]; all where
// `live` is null. First group_begin[i] becomes the number of them in group i, zero at the end; when
// these are summed up, the pairs are listed.
void launch_count_pairs(PairList const& list, std::uint32_t const* live, cudaStream_t stream);
void launch_list_pairs(PairList const& list, std::uint32_t const* live, cudaStream_t stream);

}  // namespace plimsoll::cuda
