// The kernel that does most of the work: sums of (weight x move), a pool a lane, 32 children of a
// unit in registers.
// Method: docs/kernels.md, "Filter". Lane j reads quad (j + k) mod 8 of a row at step k, so that
//   the eight lanes that shared memory serves at once touch all 32 banks, whatever their rows are.
// Bits: decides nothing; explicit fmaf, which the margin of float_line() allows for.
#include "kernels/cuda/candidates.cuh"
#include "kernels/cuda/filter.hpp"
#include "kernels/cuda/grid.cuh"

namespace plimsoll::cuda {
namespace {

// Of a block: three sums for each child, where there are parts, leave registers for fewer.
template <bool scanned>
constexpr std::uint32_t filter_threads = scanned ? 384 : 512;
constexpr std::uint32_t quads = children / 4;
constexpr std::uint32_t no_unit = 0xffffffffu;

enum class Place : std::uint8_t { shared, global };

// A lane's sums for one slice, not yet in the order of the children: sum[4 k + i] is that of child
// 4 ((lane + k) mod 8) + i.
struct Sums {
  float of[children];

  __device__ void add(float weight, float4 const* row, std::uint32_t lane) {
#pragma unroll
    for (std::uint32_t k = 0; k < quads; ++k) {
      float4 const four = row[(lane + k) % quads];
      of[4 * k + 0] = fmaf(weight, four.x, of[4 * k + 0]);
      of[4 * k + 1] = fmaf(weight, four.y, of[4 * k + 1]);
      of[4 * k + 2] = fmaf(weight, four.z, of[4 * k + 2]);
      of[4 * k + 3] = fmaf(weight, four.w, of[4 * k + 3]);
    }
  }
  __device__ void begin(float value) {
#pragma unroll
    for (std::uint32_t i = 0; i < children; ++i) of[i] = value;
  }
  __device__ void lower_to(Sums const& other) {
#pragma unroll
    for (std::uint32_t i = 0; i < children; ++i) of[i] = fminf(of[i], other.of[i]);
  }
  __device__ void add(Sums const& other) {
#pragma unroll
    for (std::uint32_t i = 0; i < children; ++i) of[i] += other.of[i];
  }
  // Bit c: the sum of child c is not above zero.
  __device__ std::uint32_t in_doubt(std::uint32_t lane) const {
    std::uint32_t turned = 0;
#pragma unroll
    for (std::uint32_t i = 0; i < children; ++i)
      turned |= static_cast<std::uint32_t>(!(of[i] > 0.0f)) << i;
    return __funnelshift_l(turned, turned, lane % quads * 4);
  }
};

// The sums of a line and, in one of several parts, the least of its lines so far and what is
// complete: the base, which is a part of one line, and the parts before.
template <bool scanned>
struct PoolSums;

template <>
struct PoolSums<false> {
  Sums line;

  __device__ explicit PoolSums(float constant) { line.begin(constant); }
  __device__ bool take_head(LinesView const&, std::uint32_t&, float&) { return false; }
  __device__ Sums const& finish() { return line; }
};

template <>
struct PoolSums<true> {
  Sums line, least, complete;

  __device__ explicit PoolSums(float constant) {
    line.begin(constant);
    least.begin(static_cast<float>(infinity));
    complete.begin(0.0f);
  }
  // Begins another line where the step is a head, of which a term that adds nothing is left; true
  // where all lanes' are.
  __device__ bool take_head(LinesView const& lines, std::uint32_t& row, float& weight) {
    bool const head = row > lines.zero_row;
    if (head) {
      least.lower_to(line);
      if (row == lines.first_head()) {
        complete.add(least);
        least.begin(static_cast<float>(infinity));
      }
      line.begin(weight);
      row = lines.zero_row;
      weight = 0.0f;
    }
    return __all_sync(every_lane, head) != 0;
  }
  __device__ Sums const& finish() {
    least.lower_to(line);
    complete.add(least);
    return complete;
  }
};

// The children of the slice's pool in this lane that are in doubt.
template <class Row, bool ranges, bool scanned>
__device__ std::uint32_t hold(LinesView const& lines, float4 const* unit, std::uint32_t slice) {
  std::uint32_t const lane = lane_of_thread();
  std::uint64_t const begin = lines.slice_begin[slice];
  std::uint32_t const length = lines.slice_begin[slice + 1] - static_cast<std::uint32_t>(begin);
  Row const* const row = static_cast<Row const*>(lines.row) + begin * warp_width + lane;
  float const* const weight = lines.weight + begin * warp_width + lane;
  PoolSums<scanned> sums(lines.constant[slice * warp_width + lane]);
  // A step's record is on its way while the step before it is worked through.
  float next_weight = length != 0 ? weight[0] : 0.0f;
  std::uint32_t next_row = length != 0 ? row[0] : 0;
#pragma unroll 1
  for (std::uint32_t step = 1; step <= length; ++step) {
    float each = next_weight;
    std::uint32_t place = next_row;
    if (step < length) {
      next_weight = weight[step * warp_width];
      next_row = row[step * warp_width];
    }
    if (sums.take_head(lines, place, each)) continue;
    // The least that the term can be: at the row's low end, or for a negative weight at its high.
    std::uint32_t const at = ranges ? 2 * place + static_cast<std::uint32_t>(each < 0.0f) : place;
    sums.line.add(each, unit + at * quads, lane);
  }
  bool const real = lines.pool[slice * warp_width + lane] != no_index;
  return real ? sums.finish().in_doubt(lane) : 0;
}

__device__ void keep(LiveView const& live, PairSpace const& space, std::uint32_t unit,
                     std::uint32_t slice, LinesView const&, std::uint32_t mask) {
  std::uint32_t const any = __reduce_or_sync(every_lane, mask);
  if (lane_of_thread() == 0)
    live.live[static_cast<std::uint64_t>(unit) * space.slices + slice] = any;
}

__device__ void keep(CandidatesView const& found, PairSpace const&, std::uint32_t unit,
                     std::uint32_t slice, LinesView const& lines, std::uint32_t mask) {
  append(found, lines.pool[slice * warp_width + lane_of_thread()], unit, mask);
}

__device__ unsigned long long* estimated(LiveView const&) {
  return nullptr;
}
__device__ unsigned long long* estimated(CandidatesView const& found) {
  return &found.counters->filtered;
}

// The first pair from `begin` on that is not in the page and unit of pair number `begin`.
__device__ std::uint32_t end_of_unit(PairList const& list, std::uint32_t begin, std::uint32_t end) {
  std::uint32_t const group = list.pairs[begin] / page_slices;
  std::uint32_t low = begin + 1;
  while (low < end) {
    std::uint32_t const middle = low + (end - low) / 2;
    if (list.pairs[middle] / page_slices == group)
      low = middle + 1;
    else
      end = middle;
  }
  return low;
}

// Blocks take the list by pieces: few enough to share it evenly, long enough to pay for a unit.
__device__ std::uint32_t piece_length(std::uint32_t count, std::uint32_t warps) {
  std::uint32_t const eighth = count / (8 * gridDim.x) + 1;
  return eighth < 4 * warps ? 4 * warps : eighth;
}

template <class Row, bool ranges, Place where, bool scanned, class Found>
__global__ void __launch_bounds__(filter_threads<scanned>, 1)
    hold_lines(LinesView lines, UnitRows rows, PairList list, Found found) {
  constexpr std::uint32_t threads = filter_threads<scanned>;
  constexpr std::uint32_t warps = threads / warp_width;
  extern __shared__ float4 held[];
  __shared__ std::uint32_t taken;
  std::uint64_t const unit_quads =
      static_cast<std::uint64_t>(rows.count) * (ranges ? 2 : 1) * quads;
  std::uint32_t const count = *list.count();
  std::uint32_t const piece = piece_length(count, warps);
  std::uint32_t in_shared = no_unit;
  unsigned long long cells = 0;
  for (;;) {
    __syncthreads();
    if (threadIdx.x == 0) taken = atomicAdd(list.cursor, piece);
    __syncthreads();
    std::uint32_t begin = taken;
    if (begin >= count) break;
    std::uint32_t const end = begin + piece < count ? begin + piece : count;
    while (begin < end) {
      std::uint32_t const unit = list.space.unit(list.pairs[begin]);
      std::uint32_t const unit_end = end_of_unit(list, begin, end);
      float4 const* quad = reinterpret_cast<float4 const*>(rows.rows) + unit * unit_quads;
      if (where == Place::shared) {
        if (unit != in_shared) {
          __syncthreads();
          for (std::uint32_t i = threadIdx.x; i < unit_quads; i += threads) held[i] = quad[i];
          __syncthreads();
          in_shared = unit;
        }
        quad = held;
      }
      std::uint64_t const first_child = static_cast<std::uint64_t>(unit) * children;
      auto const used = static_cast<std::uint32_t>(
          rows.children - first_child < children ? rows.children - first_child : children);
      std::uint32_t const valid = every_lane >> (children - used);
      for (std::uint32_t i = begin + threadIdx.x / warp_width; i < unit_end; i += warps) {
        std::uint32_t const slice = list.space.slice(list.pairs[i]);
        std::uint32_t const mask = hold<Row, ranges, scanned>(lines, quad, slice) & valid;
        keep(found, list.space, unit, slice, lines, mask);
        if (slice * warp_width + lane_of_thread() < lines.pools) cells += used;
      }
      begin = unit_end;
    }
  }
  if (estimated(found) == nullptr) return;
  cells = warp_sum(cells);
  if (lane_of_thread() == 0 && cells != 0) atomicAdd(estimated(found), cells);
}

template <class Row, bool ranges, Place where, bool scanned, class Found>
void launch(LinesView const& lines, UnitRows const& rows, PairList const& list, Found const& found,
            std::uint32_t shared_bytes, cudaStream_t stream) {
  auto* const kernel = hold_lines<Row, ranges, where, scanned, Found>;
  if (where == Place::shared)
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                               static_cast<int>(shared_bytes)),
          "cudaFuncSetAttribute");
  kernel<<<rows.blocks, filter_threads<scanned>, shared_bytes, stream>>>(lines, rows, list, found);
  check(cudaGetLastError(), "launch of hold_lines");
}

// Rows of units that do not fit into shared memory are read through the caches.
template <bool ranges, bool scanned, class Found>
void launch_hold(LinesView const& lines, UnitRows const& rows, PairList const& list,
                 Found const& found, cudaStream_t stream) {
  constexpr std::uint64_t for_the_kernel = 1024;  // its own variables, and what the system keeps
  std::uint64_t const bytes =
      static_cast<std::uint64_t>(rows.count) * (ranges ? 2 : 1) * children * sizeof(float);
  if (lines.wide)
    launch<std::uint32_t, ranges, Place::global, scanned>(lines, rows, list, found, 0, stream);
  else if (bytes + for_the_kernel > rows.shared_bytes)
    launch<std::uint16_t, ranges, Place::global, scanned>(lines, rows, list, found, 0, stream);
  else
    launch<std::uint16_t, ranges, Place::shared, scanned>(
        lines, rows, list, found, static_cast<std::uint32_t>(bytes), stream);
}

template <bool ranges, class Found>
void launch_hold(LinesView const& lines, UnitRows const& rows, PairList const& list,
                 Found const& found, cudaStream_t stream) {
  lines.scanned ? launch_hold<ranges, true>(lines, rows, list, found, stream)
                : launch_hold<ranges, false>(lines, rows, list, found, stream);
}

}  // namespace

void launch_bound(LinesView const& lines, UnitRows const& rows, PairList const& list,
                  LiveView const& live, cudaStream_t stream) {
  launch_hold<true>(lines, rows, list, live, stream);
}

void launch_filter(LinesView const& lines, UnitRows const& rows, PairList const& list,
                   CandidatesView const& candidates, cudaStream_t stream) {
  launch_hold<false>(lines, rows, list, candidates, stream);
}

}  // namespace plimsoll::cuda
