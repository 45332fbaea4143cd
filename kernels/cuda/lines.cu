// Kernels that build minorants, one pool a thread, and put them in their order.
// Method: docs/kernels.md, "Lines".
#include "kernels/cuda/grid.cuh"
#include "kernels/cuda/lines.hpp"

namespace plimsoll::cuda {
namespace {

// Blocks that a multiprocessor should hold: registers enough (128) to spill nothing.
constexpr std::uint32_t line_blocks = 4;

// The same where scans are measured (168).
constexpr std::uint32_t scanned_line_blocks = 3;

// Of no pool: comes last.
__device__ std::uint64_t last_key(LinesView const& lines) {
  return (1ull << lines.key_bits()) - 1;
}

// The terms of one pool as MinorantBuilder adds them up: found by looking through the list. Beyond
// `most` entries all share the spare one, and the line is not used.
class TermList {
 public:
  __device__ TermList(ListSpace const& space, std::uint32_t place)
      : most_(space.most),
        basis_(space.basis + first(space, place)),
        value_(space.value + first(space, place)),
        rest_(space.rest + first(space, place)) {}

  __device__ std::uint32_t size() const { return size_; }
  __device__ bool overflowed() const { return overflowed_; }
  __device__ std::uint32_t basis(std::uint32_t i) const { return basis_[at(i)]; }
  __device__ double& value(std::uint32_t i) { return value_[at(i)]; }
  __device__ double& rest(std::uint32_t i) { return rest_[at(i)]; }
  __device__ std::uint32_t place(std::uint32_t wanted) {
    // To the end, found or not: a warp's lanes wait for the last of them anyway, and no load waits
    // for what the one before it brought.
    std::uint32_t found = no_index;
    for (std::uint32_t i = 0; i < size_; ++i)
      if (basis(i) == wanted) found = i;
    if (found != no_index) return found;
    if (size_ == most_) {
      if (!overflowed_) clear(most_, wanted);
      overflowed_ = true;
      return most_;
    }
    clear(size_, wanted);
    return size_++;
  }

 private:
  __device__ static std::uint64_t first(ListSpace const& space, std::uint32_t place) {
    return static_cast<std::uint64_t>(place / warp_width) * (space.most + 1) * warp_width +
           place % warp_width;
  }
  __device__ static std::uint64_t at(std::uint32_t i) {
    return static_cast<std::uint64_t>(i) * warp_width;
  }
  __device__ void clear(std::uint32_t i, std::uint32_t wanted) {
    basis_[at(i)] = wanted;
    value_[at(i)] = 0.0;
    rest_[at(i)] = 0.0;
  }

  std::uint32_t most_;
  std::uint32_t size_ = 0;
  bool overflowed_ = false;
  std::uint32_t* basis_;
  double* value_;
  double* rest_;
};

struct Line {
  float constant;
  float gap;
  float buffer;         // constant by reach: above one, no column can be in doubt
  std::uint32_t terms;  // that are not zero
};

__device__ double reach_of(MinorantInput const& input, std::uint32_t basis, double weight) {
  MoveRange const range = input.range[basis];
  double const low = magnitude(range.low);
  double const high = magnitude(range.high);
  return magnitude(weight) * (low > high ? low : high);
}

__device__ float buffer_of(double constant, double reach) {
  return static_cast<float>(reach > 0.0 ? constant / reach : constant);
}

// The line's terms stay in `terms`.
__device__ Line build_line(MinorantInput const& input, std::uint32_t pool, TermList& terms) {
  Minorant minorant = MinorantBuilder<TermList>(input, terms).build(pool);
  Line line{};
  double reach = 0.0;
  for (std::uint32_t i = 0; i < terms.size(); ++i) {
    double const weight = terms.rest(i);
    if (weight == 0.0) continue;
    ++line.terms;
    reach += reach_of(input, terms.basis(i), weight);
  }
  minorant.sound = minorant.sound && !terms.overflowed();
  FloatLine const found = float_line(minorant, reach, line.terms);
  line.constant = found.constant;
  line.gap = found.gap;
  if (!found.sound) line.terms = 0;
  line.buffer = buffer_of(static_cast<double>(found.constant), reach);
  return line;
}

// The steps of one pool's draft.
struct DraftSteps {
  std::uint32_t* row;
  float* weight;
  std::uint32_t count = 0;

  __device__ DraftSteps(DraftsView const& drafts, std::uint64_t begin)
      : row(drafts.row + begin), weight(drafts.weight + begin) {}
  __device__ void add(std::uint32_t of_row, float of_weight) {
    row[count] = of_row;
    weight[count] = of_weight;
    ++count;
  }
  // Up to where a head may stand.
  __device__ void fill_up(std::uint32_t zero_row) {
    while (count % head_stride != 0) add(zero_row, 0.0f);
  }
};

// Parts as steps, with what the buffer is measured by.
struct PartSteps {
  FloatParts found;
  double constant = 0.0;  // [ccy] of the least lines, where nothing moves
  double reach = 0.0;     // [ccy] of the furthest
};

__device__ PartSteps write_parts(MinorantInput const& input, LinesView const& lines,
                                 ScanRoom const& room, std::uint32_t parts, DraftSteps& steps) {
  PartSteps all;
  bool opens = true;
  double least = infinity;
  double furthest = 0.0;
  all.found = float_parts(room, parts, [&](ScanLine const& line, bool last_of_part) {
    steps.fill_up(lines.zero_row);
    std::uint32_t const head = steps.count;
    steps.add(opens ? lines.first_head() : lines.next_head(), 0.0f);
    double reach = 0.0;
    FloatLine const each =
        float_scan_line(input, room, line, parts, [&](std::uint32_t basis, float weight) {
          steps.add(basis, weight);
          reach += reach_of(input, basis, static_cast<double>(weight));
        });
    steps.weight[head] = each.constant;
    least = each.constant < least ? each.constant : least;
    furthest = reach > furthest ? reach : furthest;
    opens = last_of_part;
    if (last_of_part) {
      all.constant += least;
      all.reach += furthest;
      least = infinity;
      furthest = 0.0;
    }
    return each;
  });
  return all;
}

// The same of a pool that may have scans; its steps are in the draft.
__device__ Line build_scanned_line(MinorantInput const& input, LinesView const& lines,
                                   std::uint32_t pool, TermList& terms, ScanSpace const& space,
                                   ScanRoom const& room, DraftSteps& steps) {
  Minorant minorant = MinorantBuilder<TermList>(input, terms).build_without_scans(pool);
  minorant.sound = minorant.sound && fits(scan_size(input.book.scans, pool), space.most);
  std::uint32_t parts = 0;
  if (minorant.sound && has_scans(input.book.scans, pool))
    parts = ScanLines<TermList>(input, terms, room).add(pool, minorant);
  double reach = 0.0;
  for (std::uint32_t i = 0; i < terms.size(); ++i) {
    double const weight = terms.rest(i);
    if (weight == 0.0) continue;
    steps.add(terms.basis(i), static_cast<float>(weight));
    reach += reach_of(input, terms.basis(i), weight);
  }
  std::uint32_t const of_base = steps.count;
  PartSteps const all = write_parts(input, lines, room, parts, steps);
  bool const whole = !terms.overflowed() && steps.count <= lines.most;
  minorant.sound = minorant.sound && all.found.sound && whole;
  FloatLine const found = float_line(minorant, reach, of_base + parts);
  Line line{};
  line.constant = found.constant;
  double const gap = static_cast<double>(found.gap) + static_cast<double>(all.found.gap);
  line.gap = parts == 0 ? found.gap : float_above(gap);
  line.buffer = buffer_of(static_cast<double>(found.constant) + all.constant, reach + all.reach);
  line.terms = found.sound ? steps.count : 0;
  return line;
}

// One more than the terms of the pool's scans; nothing where it has none.
__device__ std::uint64_t terms_of_scans(ScanView const& scans, std::uint32_t pool) {
  if (!has_scans(scans, pool)) return 0;
  return 1 + scans.term_begin[scans.class_begin[scans.begin[pool + 1]]] -
         scans.term_begin[scans.class_begin[scans.begin[pool]]];
}

__global__ void __launch_bounds__(block_threads)
    measure_shapes(BookView book, std::uint64_t* keys, std::uint32_t* values) {
  constexpr std::uint64_t most = 255;
  constexpr std::uint32_t groups_named = shape_key_bits / 8 - 1;
  for (std::uint64_t i = thread_of_grid(); i < book.pools; i += threads_of_grid()) {
    std::uint32_t const begin = book.group_begin[i];
    std::uint32_t const groups = book.group_begin[i + 1] - begin;
    std::uint64_t const charges =
        book.charge_begin == nullptr ? 0 : book.charge_begin[i + 1] - book.charge_begin[i];
    std::uint64_t const scanned = terms_of_scans(book.scans, static_cast<std::uint32_t>(i));
    std::uint64_t key = (scanned < most ? scanned : most) << 16 |
                        (charges < most ? charges : most) << 8 | (groups < most ? groups : most);
    for (std::uint32_t g = 0; g < groups_named; ++g) {
      std::uint64_t const terms =
          g < groups ? book.term_begin[begin + g + 1] - book.term_begin[begin + g] : 0;
      key = key << 8 | (terms < most ? terms : most);
    }
    keys[i] = key;
    values[i] = static_cast<std::uint32_t>(i);
  }
}

__device__ std::uint64_t key_of(LinesView const& lines, Line const& line) {
  std::uint32_t const steps = lines.scanned ? rounded_steps(line.terms) : line.terms;
  return (static_cast<std::uint64_t>(lines.most - steps) << 32) | in_order(line.buffer);
}

__device__ void keep_line(LinesView const& lines, DraftsView const& drafts, std::uint32_t slot,
                          Line const& line, std::uint64_t* keys) {
  std::uint32_t const pool = lines.first + slot;
  keys[slot] = key_of(lines, line);
  drafts.terms[pool] = line.terms;
  drafts.constant[pool] = line.constant;
  drafts.gap[pool] = line.gap;
}

// Places [first, first + space.pools).
__global__ void __launch_bounds__(block_threads, line_blocks)
    measure_lines(MinorantInput input, LinesView lines, DraftsView drafts, ListSpace space,
                  std::uint32_t first, std::uint64_t* keys, std::uint32_t* values) {
  std::uint32_t const place = place_of_thread();
  std::uint32_t const slot = first + place;
  if (place >= space.pools || slot >= lines.slices * warp_width) return;
  bool const real = slot < lines.pools;
  values[slot] = real ? lines.first + slot : no_index;
  keys[slot] = last_key(lines);
  if (!real) return;
  std::uint32_t const in_batch = lines.listed[lines.first + slot];
  TermList terms(space, place);
  Line const line = build_line(input, in_batch, terms);
  keep_line(lines, drafts, slot, line, keys);
  std::uint64_t at = drafts.begin(input.book, in_batch);
  for (std::uint32_t k = 0; line.terms != 0 && k < terms.size(); ++k) {
    double const weight = terms.rest(k);
    if (weight == 0.0) continue;
    drafts.row[at] = terms.basis(k);
    drafts.weight[at] = static_cast<float>(weight);
    ++at;
  }
}

// Places [first, first + scans.pools).
__global__ void __launch_bounds__(block_threads, scanned_line_blocks)
    measure_scanned_lines(MinorantInput input, LinesView lines, DraftsView drafts, ListSpace space,
                          ScanSpace scans, std::uint32_t first, std::uint64_t* keys,
                          std::uint32_t* values) {
  std::uint32_t const place = place_of_thread();
  std::uint32_t const slot = first + place;
  if (place >= scans.pools || slot >= lines.slices * warp_width) return;
  bool const real = slot < lines.pools;
  values[slot] = real ? lines.first + slot : no_index;
  keys[slot] = last_key(lines);
  if (!real) return;
  std::uint32_t const in_batch = lines.listed[lines.first + slot];
  TermList terms(space, place);
  DraftSteps steps(drafts, drafts.begin(input.book, in_batch));
  Line const line =
      build_scanned_line(input, lines, in_batch, terms, scans, scans.of(place), steps);
  keep_line(lines, drafts, slot, line, keys);
}

__global__ void __launch_bounds__(block_threads)
    measure_slices(LinesView lines, std::uint64_t const* keys, std::uint32_t const* values) {
  for (std::uint64_t i = thread_of_grid();
       i < static_cast<std::uint64_t>(lines.slices) * warp_width; i += threads_of_grid()) {
    lines.pool[i] = values[i];
    if (i % warp_width == 0)  // the longest of the slice
      lines.slice_begin[i / warp_width] = lines.most - static_cast<std::uint32_t>(keys[i] >> 32);
    if (i == 0) lines.slice_begin[lines.slices] = 0;
  }
}

__device__ void write_term(LinesView const& lines, std::uint64_t at, std::uint32_t row,
                           float weight) {
  if (lines.wide)
    static_cast<std::uint32_t*>(lines.row)[at] = row;
  else
    static_cast<std::uint16_t*>(lines.row)[at] = static_cast<std::uint16_t>(row);
  lines.weight[at] = weight;
}

__global__ void __launch_bounds__(block_threads)
    write_lines(BookView book, LinesView lines, DraftsView drafts) {
  for (std::uint64_t i = thread_of_grid();
       i < static_cast<std::uint64_t>(lines.slices) * warp_width; i += threads_of_grid()) {
    std::uint32_t const* const begin = lines.slice_begin + i / warp_width;
    std::uint64_t at = static_cast<std::uint64_t>(begin[0]) * warp_width + i % warp_width;
    std::uint32_t const length = begin[1] - begin[0];
    std::uint32_t const pool = lines.pool[i];
    bool const real = pool != no_index;
    std::uint32_t const terms = real ? drafts.terms[pool] : 0;
    std::uint64_t const from = real ? drafts.begin(book, lines.listed[pool]) : 0;
    lines.constant[i] = real ? drafts.constant[pool] : 0.0f;
    lines.gap[i] = real ? drafts.gap[pool] : 0.0f;
    for (std::uint32_t k = 0; k < length; ++k, at += warp_width) {
      bool const inside = k < terms;
      write_term(lines, at, inside ? drafts.row[from + k] : lines.zero_row,
                 inside ? drafts.weight[from + k] : 0.0f);
    }
  }
}

}  // namespace

void launch_measure_shapes(BookView const& book, std::uint64_t* keys, std::uint32_t* values,
                           cudaStream_t stream) {
  measure_shapes<<<thread_grid(book.pools), block_threads, 0, stream>>>(book, keys, values);
  check(cudaGetLastError(), "launch of measure_shapes");
}

void launch_measure_lines(MinorantInput const& input, LinesView const& lines,
                          DraftsView const& drafts, ListSpace const& space, std::uint64_t* keys,
                          std::uint32_t* values, cudaStream_t stream) {
  for (std::uint32_t first = 0; first < lines.slices * warp_width; first += space.pools) {
    measure_lines<<<thread_grid(space.pools), block_threads, 0, stream>>>(
        input, lines, drafts, space, first, keys, values);
    check(cudaGetLastError(), "launch of measure_lines");
  }
}

void launch_measure_scanned_lines(MinorantInput const& input, LinesView const& lines,
                                  DraftsView const& drafts, ListSpace const& space,
                                  ScanSpace const& scans, std::uint64_t* keys,
                                  std::uint32_t* values, cudaStream_t stream) {
  for (std::uint32_t first = 0; first < lines.slices * warp_width; first += scans.pools) {
    measure_scanned_lines<<<thread_grid(scans.pools), block_threads, 0, stream>>>(
        input, lines, drafts, space, scans, first, keys, values);
    check(cudaGetLastError(), "launch of measure_scanned_lines");
  }
}

void launch_measure_slices(LinesView const& lines, std::uint64_t const* keys,
                           std::uint32_t const* values, cudaStream_t stream) {
  measure_slices<<<thread_grid(lines.slices * warp_width), block_threads, 0, stream>>>(lines, keys,
                                                                                       values);
  check(cudaGetLastError(), "launch of measure_slices");
}

void launch_write_lines(BookView const& book, LinesView const& lines, DraftsView const& drafts,
                        cudaStream_t stream) {
  write_lines<<<thread_grid(std::uint64_t{lines.slices} * warp_width), block_threads, 0, stream>>>(
      book, lines, drafts);
  check(cudaGetLastError(), "launch of write_lines");
}

}  // namespace plimsoll::cuda
