// Every pool of a batch as a straight line in the moves of basis rows (models/minorant.hpp), in
// slices of 32 pools whose lines have about the same number of terms and about the same buffer, so
// that a slice is walked without idle lanes and is passed over as a whole. Pools with portfolio
// scans have slices of their own, and parts with several lines each (models/scan_lines.hpp).
// Layouts: row[step][lane], weight[step][lane] with steps slice_begin[s] .. slice_begin[s + 1];
//   shorter lines are filled with the zero row at weight zero. Where there are parts, a step is a
//   term or a head: the head of a line has its constant as weight and, as row, whether it is the
//   first of a part (first_head) or another (next_head). What comes before all heads is the base.
//   Heads stand on every head_stride-th step at most, so that those of a slice fall together.
// Bits: decides nothing; a pool of which nothing is known has the constant minus infinity.
// Errors: MachineError where a launch is refused.
#pragma once

#include "kernels/cuda/launches.hpp"
#include "models/minorant.hpp"
#include "models/scan_lines.hpp"

namespace plimsoll::cuda {

// A pool that names more basis rows is decided everywhere.
inline constexpr std::uint32_t most_line_terms = 128;
// So is one with scans that names more of them, or whose lines take more steps, heads included, or
// whose scans take more room.
inline constexpr std::uint32_t most_scanned_line_terms = 512;
inline constexpr std::uint32_t most_scanned_steps = 4096;
inline constexpr ScanSize most_scan_room = {.terms = 1u << 14, .lines = 1u << 10, .parts = 1u << 8};
inline constexpr std::uint32_t head_stride = 4;
// Up to a quarter more, so that enough pools count as equally long for slices of about one buffer.
PLIMSOLL_HD constexpr std::uint32_t rounded_steps(std::uint32_t steps) {
  std::uint32_t part = 1;
  while (steps / part >= 8) part *= 2;
  return (steps + part - 1) / part * part;
}
static_assert(rounded_steps(most_scanned_steps) == most_scanned_steps);
// Steps in the upper bits, the buffer in the lower 32.
inline constexpr int line_key_bits = 40;
inline constexpr int scanned_line_key_bits = 46;
// Groups, and the terms of the first four of them, 8 bits each; charges above, then what scans
// hold.
inline constexpr int shape_key_bits = 40;
inline constexpr int charged_shape_key_bits = 48;
inline constexpr int scanned_shape_key_bits = 56;

struct LinesView {
  std::uint32_t first;  // of the pools here, as `listed` counts
  std::uint32_t pools;
  std::uint32_t slices;
  std::uint32_t most;  // steps of a pool
  bool scanned;        // pools may have scans
  std::uint32_t zero_row;
  bool wide;                    // rows are 32 bits
  std::uint32_t* slice_begin;   // [slices + 1]
  void* row;                    // std::uint16_t or std::uint32_t [][32]
  float* weight;                // [][32]
  float* constant;              // [slices][32] [ccy]
  float* gap;                   // [slices][32] [ccy] the excess lies nowhere higher above the line
  std::uint32_t* pool;          // [slices][32] place in `listed`; no_index: none
  std::uint32_t const* listed;  // pools of the batch; those here are [first, first + pools)

  PLIMSOLL_HD std::uint32_t next_head() const { return zero_row + 1; }
  PLIMSOLL_HD std::uint32_t first_head() const { return zero_row + 2; }
  PLIMSOLL_HD int key_bits() const { return scanned ? scanned_line_key_bits : line_key_bits; }
};

// Lines as they were measured, before they have their places, by pool as LinesView::listed counts.
// Steps of pool p of the batch begin at begin(book, p).
struct DraftsView {
  std::uint32_t* terms;      // [pools] steps
  float* constant;           // [pools]
  float* gap;                // [pools]
  std::uint32_t* row;        // [draft_terms() + draft_scan_steps() of the batch]
  float* weight;             // likewise
  std::uint32_t scan_lines;  // the most of a scan

  PLIMSOLL_HD std::uint64_t begin(BookView const& book, std::uint32_t pool) const;
};

// A term or a charge names its row and the unit of its brackets, a group its asset and the two rows
// that its credit may move with: no line has more terms.
PLIMSOLL_HD constexpr std::uint64_t draft_terms(std::uint64_t groups, std::uint64_t terms,
                                                std::uint64_t charges) {
  return 2 * (terms + charges) + 3 * groups;
}
// A scan has a line for each point and one for the least, a line a head and two rows a term at
// most, and each line, and the base, is filled up to a head's step.
PLIMSOLL_HD constexpr std::uint64_t draft_scan_steps(std::uint64_t scans, std::uint64_t terms,
                                                     std::uint32_t scan_lines) {
  return scan_lines * (head_stride * scans + 2 * terms) + head_stride * scans;
}
PLIMSOLL_HD inline std::uint64_t DraftsView::begin(BookView const& book, std::uint32_t pool) const {
  std::uint32_t const group = book.group_begin[pool];
  std::uint64_t const of_line = draft_terms(
      group, book.term_begin[group], book.charge_begin == nullptr ? 0 : book.charge_begin[pool]);
  if (book.scans.begin == nullptr) return of_line;
  std::uint64_t const scan = book.scans.begin[pool];
  std::uint64_t const terms_before = book.scans.term_begin[book.scans.class_begin[scan]];
  return of_line + draft_scan_steps(scan, terms_before, scan_lines);
}

// Room for the lists of `pools` pools in work, 32 neighbours side by side.
struct ListSpace {
  std::uint32_t pools;   // a multiple of 32
  std::uint32_t most;    // terms of a list; one entry more is there to be written and not read
  std::uint32_t* basis;  // [pools / 32][most + 1][32]
  double* value;         // likewise [ccy]
  double* rest;          // likewise [ccy]
};

// Room for the scans of `pools` pools in work.
struct ScanSpace {
  std::uint32_t pools;   // a multiple of 32
  ScanSize most;         // of a pool
  std::uint32_t* basis;  // [pools][most.terms]
  double* weight;        // likewise
  ScanLine* line;        // [pools][most.lines]
  std::uint32_t* part;   // [pools][most.parts + 1]

  PLIMSOLL_HD ScanRoom of(std::uint32_t place) const {
    return {basis + place * most.terms, weight + place * most.terms, line + place * most.lines,
            part + place * (most.parts + 1)};
  }
};

PLIMSOLL_HD constexpr bool fits(ScanSize const& size, ScanSize const& most) {
  return size.terms <= most.terms && size.lines <= most.lines && size.parts <= most.parts;
}

// keys[i], values[i] = i for all pools of the book: in ascending order, pools of one shape, as many
// terms in as many groups, as many charges, and as many terms in scans, follow each other, so that
// a warp's lanes go one way. Pools with scans come last.
void launch_measure_shapes(BookView const& book, std::uint64_t* keys, std::uint32_t* values,
                           cudaStream_t stream);
// keys[i], values[i] for places [0, 32 slices): in ascending order, long lines first and then those
// nearest to a breach; the places without a pool come last. Fills the drafts. Of pools without
// scans, and of any.
void launch_measure_lines(MinorantInput const& input, LinesView const& lines,
                          DraftsView const& drafts, ListSpace const& space, std::uint64_t* keys,
                          std::uint32_t* values, cudaStream_t stream);
void launch_measure_scanned_lines(MinorantInput const& input, LinesView const& lines,
                                  DraftsView const& drafts, ListSpace const& space,
                                  ScanSpace const& scans, std::uint64_t* keys,
                                  std::uint32_t* values, cudaStream_t stream);
// Copies the sorted values to pool[], and puts each slice's length at slice_begin[], zero at the
// end.
void launch_measure_slices(LinesView const& lines, std::uint64_t const* keys,
                           std::uint32_t const* values, cudaStream_t stream);
void launch_write_lines(BookView const& book, LinesView const& lines, DraftsView const& drafts,
                        cudaStream_t stream);

}  // namespace plimsoll::cuda
