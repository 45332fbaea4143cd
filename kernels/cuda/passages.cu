// Kernels that walk pools through the scenarios of a tile: a warp holds one account (or one pool)
// and a strip of 32 scenarios, one a lane, so that rows are read side by side and the book's
// records by the whole warp at once.
//
// Method: docs/kernels.md, "count_passages" and "tail_losses".
// Bits:   cells by passage() of models/, all sums by integers.
#include "kernels/cuda/grid.cuh"
#include "models/passage.hpp"

namespace plimsoll::cuda {
namespace {

// Blocks that a multiprocessor should hold: 28 warps, and registers enough (72) to spill nothing.
constexpr std::uint32_t resident_blocks = 7;

// The rows of one scenario as passage() reads them.
struct RowReader {
  double const* first;  // row 0 at step 1 of the place
  std::uint32_t steps;
  std::uint32_t stride;
  PLIMSOLL_HD double operator()(std::uint32_t step, std::uint32_t row) const {
    return first[(static_cast<std::uint64_t>(row) * steps + (step - 1)) * stride];
  }
};

__device__ Passage walk(PassageInput const& input, TileView const& tile, std::uint32_t pool,
                        std::uint32_t place) {
  return passage(input.book, input.rules, pool, input.today[pool], tile.steps,
                 RowReader{tile.rows + place, tile.steps, tile.stride});
}

// The sum of one shortfall per lane: halves of 32 bits cannot overflow in 64.
__device__ TickSum warp_sum_ticks(Ticks shortfall) {
  auto const bits = static_cast<unsigned long long>(shortfall);
  unsigned long long const low = warp_sum(bits & 0xffffffffu);
  unsigned long long const high = warp_sum(bits >> 32);
  return TickSum{high << 32, static_cast<std::int64_t>(high >> 32)} + TickSum{low, 0};
}

// Adds to a sum that others add to as well: whoever wraps the low half carries, exactly once.
__device__ void add_together(TickSum& sum, TickSum addend) {
  auto* const low = reinterpret_cast<unsigned long long*>(&sum.low);
  auto* const high = reinterpret_cast<unsigned long long*>(&sum.high);
  unsigned long long const before = atomicAdd(low, addend.low);
  auto const carry = static_cast<unsigned long long>(before + addend.low < before);
  unsigned long long const rest = static_cast<unsigned long long>(addend.high) + carry;
  if (rest != 0) atomicAdd(high, rest);
}

// Adds one strip of passages to a pool's tally, which belongs to this warp. `shortfall` is zero
// where the lane is not in breach; lanes are scenarios in ascending order.
__device__ void add_strip(PoolTally& tally, std::uint32_t in_breach, Ticks shortfall,
                          std::uint64_t first_scenario) {
  TickSum const sum = warp_sum_ticks(shortfall);
  Ticks const worst = warp_largest(shortfall);
  std::uint32_t const at_worst = __ballot_sync(every_lane, shortfall == worst);
  if (lane_of_thread() != 0) return;
  std::uint64_t const scenario = first_scenario + static_cast<std::uint32_t>(__ffs(at_worst) - 1);
  tally.breaches += static_cast<std::uint32_t>(__popc(in_breach));
  tally.shortfall += sum;
  if (worst > tally.worst_shortfall ||
      (worst == tally.worst_shortfall && scenario < tally.worst_scenario)) {
    tally.worst_shortfall = worst;
    tally.worst_scenario = scenario;
  }
}

// One lane's scenario over the pools of one account.
struct AccountPassage {
  std::uint32_t pools = 0;  // in breach
  TickSum shortfall;
  std::uint32_t undefined = 0;
};

__device__ AccountPassage count_pools(PassageInput const& input, TileView const& tile,
                                      BatchTallyView const& batch, std::uint32_t account,
                                      std::uint64_t group, std::uint32_t strip) {
  std::uint32_t const place = strip * warp_width + lane_of_thread();
  bool const used = place < tile.width;
  AccountPassage seen;
  for (std::uint32_t pool = input.book.pool_begin[account];
       pool < input.book.pool_begin[account + 1]; ++pool) {
    // Lanes beyond the tile repeat its last scenario, so that the warp stays whole.
    Passage const found = walk(input, tile, pool, used ? place : tile.width - 1);
    bool const breach = used && found.step != 0;
    if (used) seen.undefined += found.undefined;
    std::uint32_t const in_breach = __ballot_sync(every_lane, breach);
    if (in_breach == 0) continue;
    std::uint64_t const slot = group * input.book.pools + pool;
    Ticks const shortfall = breach ? found.shortfall : 0;
    add_strip(batch.pools[slot], in_breach, shortfall, tile.first + strip * warp_width);
    if (!breach) continue;
    atomicAdd(&batch.first_passages[slot * tile.steps + (found.step - 1)], 1ull);
    ++seen.pools;
    seen.shortfall += shortfall;
  }
  return seen;
}

__device__ void count_account(PassageInput const& input, TileView const& tile,
                              BatchTallyView const& batch, ScenarioTallyView const& scenarios,
                              std::uint32_t account, std::uint64_t group) {
  std::uint32_t const strips = (tile.width + warp_width - 1) / warp_width;
  std::uint32_t const share = (strips + batch.groups - 1) / batch.groups;
  std::uint64_t const begin = group * share;
  std::uint64_t const end = begin + share < strips ? begin + share : strips;
  std::uint32_t const lane = lane_of_thread();
  unsigned long long breaches = 0;
  unsigned long long undefined = 0;
  for (std::uint64_t s = begin; s < end; ++s) {
    auto const strip = static_cast<std::uint32_t>(s);
    AccountPassage const seen = count_pools(input, tile, batch, account, group, strip);
    undefined += seen.undefined;
    breaches += static_cast<std::uint32_t>(__popc(__ballot_sync(every_lane, seen.pools != 0)));
    if (seen.pools == 0) continue;
    std::uint32_t const place = strip * warp_width + lane;
    std::uint64_t const row = input.book.account_class[account];
    atomicAdd(&scenarios.pools[place], seen.pools);
    atomicAdd(&scenarios.accounts[place], 1u);
    add_together(scenarios.shortfall[row * tile.stride + place], seen.shortfall);
  }
  undefined = warp_sum(undefined);
  if (lane != 0) return;
  if (breaches != 0) batch.accounts[group * input.book.accounts + account] += breaches;
  if (undefined != 0) atomicAdd(batch.undefined_cells, undefined);
}

__global__ void __launch_bounds__(block_threads, resident_blocks)
    count_passages(PassageInput input, TileView tile, BatchTallyView batch,
                   ScenarioTallyView scenarios) {
  std::uint64_t const items = static_cast<std::uint64_t>(input.book.accounts) * batch.groups;
  for (std::uint64_t item = warp_of_thread(); item < items; item += warps_of_grid())
    count_account(input, tile, batch, scenarios,
                  static_cast<std::uint32_t>(item % input.book.accounts),
                  item / input.book.accounts);
}

// Items: strips of the listed pools.
__global__ void __launch_bounds__(block_threads, resident_blocks)
    tail_losses(PassageInput input, TileView tile, std::uint32_t const* pools, std::uint32_t count,
                Ticks* losses) {
  std::uint32_t const strips = (tile.width + warp_width - 1) / warp_width;
  std::uint64_t const items = static_cast<std::uint64_t>(count) * strips;
  for (std::uint64_t item = warp_of_thread(); item < items; item += warps_of_grid()) {
    std::uint64_t const i = item / strips;
    std::uint32_t const place =
        static_cast<std::uint32_t>(item % strips) * warp_width + lane_of_thread();
    if (place < tile.width)
      losses[i * tile.stride + place] = walk(input, tile, pools[i], place).loss;
  }
}

}  // namespace

cudaError_t loaded_kernels() {
  cudaFuncAttributes attributes{};
  return cudaFuncGetAttributes(&attributes, count_passages);
}

void launch_count_passages(PassageInput const& input, TileView const& tile,
                           BatchTallyView const& batch, ScenarioTallyView const& scenarios,
                           cudaStream_t stream) {
  std::uint64_t const items = static_cast<std::uint64_t>(input.book.accounts) * batch.groups;
  if (items == 0) return;
  count_passages<<<warp_grid(items), block_threads, 0, stream>>>(input, tile, batch, scenarios);
  check(cudaGetLastError(), "launch of count_passages");
}

void launch_tail_losses(PassageInput const& input, TileView const& tile, std::uint32_t const* pools,
                        std::uint32_t count, Ticks* losses, cudaStream_t stream) {
  std::uint64_t const items =
      static_cast<std::uint64_t>(count) * ((tile.width + warp_width - 1) / warp_width);
  if (items == 0) return;
  tail_losses<<<warp_grid(items), block_threads, 0, stream>>>(input, tile, pools, count, losses);
  check(cudaGetLastError(), "launch of tail_losses");
}

}  // namespace plimsoll::cuda
