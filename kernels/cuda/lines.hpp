// Every pool of a batch as a straight line in the moves of basis rows (models/minorant.hpp), in
// slices of 32 pools whose lines have about the same number of terms and about the same buffer, so
// that a slice is walked without idle lanes and is passed over as a whole.
// Layouts: row[step][lane], weight[step][lane] with steps slice_begin[s] .. slice_begin[s + 1];
//   shorter lines are filled with the zero row at weight zero.
// Bits: decides nothing; a pool of which nothing is known has the constant minus infinity.
// Errors: MachineError where a launch is refused.
#pragma once

#include "kernels/cuda/launches.hpp"
#include "models/minorant.hpp"

namespace plimsoll::cuda {

// A pool that names more basis rows is decided everywhere.
inline constexpr std::uint32_t most_line_terms = 128;
// Terms in the upper 8 bits, the buffer in the lower 32.
inline constexpr int line_key_bits = 40;
// Groups, and the terms of the first four of them, 8 bits each; charges above.
inline constexpr int shape_key_bits = 40;
inline constexpr int charged_shape_key_bits = 48;

struct LinesView {
  std::uint32_t pools;
  std::uint32_t slices;
  std::uint32_t zero_row;
  bool wide;                    // rows are 32 bits
  std::uint32_t* slice_begin;   // [slices + 1]
  void* row;                    // std::uint16_t or std::uint32_t [][32]
  float* weight;                // [][32]
  float* constant;              // [slices][32] [ccy]
  float* gap;                   // [slices][32] [ccy] the excess lies nowhere higher above the line
  std::uint32_t* pool;          // [slices][32] no_index: none
  std::uint32_t const* listed;  // [pools] of the batch, in the order of their numbers here
};

// Lines as they were measured, before they have their places. Those of pool p of the batch begin at
// draft_begin(book, p).
struct DraftsView {
  std::uint32_t* terms;  // [pools]
  float* constant;       // [pools]
  float* gap;            // [pools]
  std::uint32_t* row;    // [2 positions + 3 groups + 2 charges of the batch]
  float* weight;         // likewise
};

// A term or a charge names its row and the unit of its brackets, a group its asset and the two rows
// that its credit may move with: no line has more terms.
PLIMSOLL_HD constexpr std::uint64_t draft_terms(std::uint64_t groups, std::uint64_t terms,
                                                std::uint64_t charges) {
  return 2 * (terms + charges) + 3 * groups;
}
PLIMSOLL_HD inline std::uint64_t draft_begin(BookView const& book, std::uint32_t pool) {
  std::uint32_t const group = book.group_begin[pool];
  return draft_terms(group, book.term_begin[group],
                     book.charge_begin == nullptr ? 0 : book.charge_begin[pool]);
}

// Room for the lists of `pools` pools in work, 32 neighbours side by side.
struct ListSpace {
  std::uint32_t pools;   // a multiple of 32
  std::uint32_t most;    // terms of a list; one entry more is there to be written and not read
  std::uint32_t* basis;  // [pools / 32][most + 1][32]
  double* value;         // likewise [ccy]
  double* rest;          // likewise [ccy]
};

// keys[i], values[i] = i for all pools of the book: in ascending order, pools of one shape, as many
// terms in as many groups, and as many charges, follow each other, so that a warp's lanes go one
// way.
void launch_measure_shapes(BookView const& book, std::uint64_t* keys, std::uint32_t* values,
                           cudaStream_t stream);
// keys[i], values[i] for pools [0, 32 slices): in ascending order, long lines first and then those
// nearest to a breach; the places without a pool come last. Fills the drafts.
void launch_measure_lines(MinorantInput const& input, LinesView const& lines,
                          DraftsView const& drafts, ListSpace const& space, std::uint64_t* keys,
                          std::uint32_t* values, cudaStream_t stream);
// Copies the sorted values to pool[], and puts each slice's length at slice_begin[], zero at the
// end.
void launch_measure_slices(LinesView const& lines, ListSpace const& space,
                           std::uint64_t const* keys, std::uint32_t const* values,
                           cudaStream_t stream);
void launch_write_lines(BookView const& book, LinesView const& lines, DraftsView const& drafts,
                        cudaStream_t stream);

}  // namespace plimsoll::cuda
