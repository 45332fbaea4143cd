// Kernels that add up sorted events: a warp holds the run of one pool, so that its tally needs no
// atomics; scenarios and accounts are added up by integer atomics.
// Method: docs/kernels.md, "Tally".
// Bits: add_passage()'s rule; integers only.
#include "kernels/cuda/decide.hpp"
#include "kernels/cuda/grid.cuh"

namespace plimsoll::cuda {
namespace {

constexpr std::uint32_t place_mask = (1u << place_bits) - 1;

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
// where the lane holds none; lanes are scenarios in ascending order.
__device__ void add_strip(PoolTally& tally, std::uint32_t in_breach, Ticks shortfall,
                          std::uint64_t scenario) {
  TickSum const sum = warp_sum_ticks(shortfall);
  Ticks const worst = warp_largest(shortfall);
  std::uint32_t const at_worst = __ballot_sync(every_lane, shortfall == worst);
  std::uint64_t const lowest = __shfl_sync(every_lane, scenario, __ffs(at_worst) - 1);
  if (lane_of_thread() != 0) return;
  tally.breaches += static_cast<std::uint32_t>(__popc(in_breach));
  tally.shortfall += sum;
  if (worst > tally.worst_shortfall ||
      (worst == tally.worst_shortfall && lowest < tally.worst_scenario)) {
    tally.worst_shortfall = worst;
    tally.worst_scenario = lowest;
  }
}

__global__ void __launch_bounds__(block_threads)
    name_accounts(BookView book, BatchTallyView batch) {
  for (std::uint64_t account = warp_of_thread(); account < book.accounts;
       account += warps_of_grid())
    for (std::uint32_t pool = book.pool_begin[account] + lane_of_thread();
         pool < book.pool_begin[account + 1]; pool += warp_width)
      batch.pool_account[pool] = static_cast<std::uint32_t>(account);
}

__device__ std::uint64_t groups_of(CellsView const& cells) {
  return (cells.count + group_cells - 1) / group_cells;
}

// Items: groups of cells, and the end.
__global__ void __launch_bounds__(block_threads)
    count_breaches(CellsView cells, std::uint32_t* group_begin) {
  std::uint64_t const groups = groups_of(cells);
  for (std::uint64_t group = warp_of_thread(); group <= groups; group += warps_of_grid()) {
    std::uint64_t const first = group * group_cells + lane_of_thread();
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; group < groups && i < group_cells; i += warp_width)
      count +=
          static_cast<std::uint32_t>(__popc(__ballot_sync(every_lane, cells.in_breach(first + i))));
    if (lane_of_thread() == 0) group_begin[group] = count;
  }
}

// Items: groups of cells.
__global__ void __launch_bounds__(block_threads)
    list_breaches(CellsView cells, std::uint32_t const* group_begin, std::uint32_t* events,
                  Counters* counters) {
  std::uint32_t const below = (1u << lane_of_thread()) - 1;
  std::uint64_t const groups = groups_of(cells);
  for (std::uint64_t group = warp_of_thread(); group < groups; group += warps_of_grid()) {
    std::uint64_t const first = group * group_cells + lane_of_thread();
    std::uint32_t* to = events + group_begin[group];
    for (std::uint32_t i = 0; i < group_cells; i += warp_width) {
      bool const mine = cells.in_breach(first + i);
      std::uint32_t const some = __ballot_sync(every_lane, mine);
      if (mine) to[__popc(some & below)] = static_cast<std::uint32_t>(first + i);
      to += __popc(some);
    }
  }
  if (thread_of_grid() == 0) counters->events = group_begin[groups];
}

// Lists where each pool's events begin, in any order.
__global__ void __launch_bounds__(block_threads)
    open_runs(EventsView events, std::uint32_t* runs, Counters* counters) {
  for (std::uint64_t i = thread_of_grid(); i < events.count; i += threads_of_grid()) {
    bool const opens = i == 0 || events.key(i).pool() != events.key(i - 1).pool();
    if (opens) runs[atomicAdd(&counters->runs, 1ull)] = static_cast<std::uint32_t>(i);
  }
}

struct TallyInput {
  BookView book;
  WindowView window;
  EventsView events;
  std::uint32_t const* listed;
  BatchTallyView batch;
  ScenarioTallyView scenarios;
  std::uint64_t* account_keys;
};

// 32 events of the pool's run from `first` on; false where the run ends among them.
__device__ bool add_events(TallyInput const& in, std::uint32_t number, std::uint64_t first) {
  std::uint32_t const pool = in.listed[number];
  std::uint64_t const at = first + lane_of_thread();
  CellKey const event = at < in.events.count ? in.events.key(at) : CellKey{no_key};
  bool const mine = at < in.events.count && event.pool() == number;
  bool const opens = mine && (at == 0 || in.events.key(at - 1).path() != event.path());
  std::uint32_t const account = in.batch.pool_account[pool];
  if (mine)
    in.account_keys[at] =
        opens ? (static_cast<std::uint64_t>(account) << place_bits) | event.place() : no_key;
  std::uint32_t const some = __ballot_sync(every_lane, opens);
  Ticks const shortfall = opens ? in.events.shortfall(at) : 0;
  if (some != 0) add_strip(in.batch.pools[pool], some, shortfall, in.window.first + event.place());
  if (opens) {
    std::uint64_t const cell = static_cast<std::uint64_t>(pool) * in.window.steps + event.step();
    atomicAdd(&in.batch.first_passages[cell], 1ull);
    atomicAdd(&in.scenarios.pools[event.place()], 1u);
    std::uint64_t const row = in.book.account_class[account];
    add_together(in.scenarios.shortfall[row * in.window.stride + event.place()],
                 tick_sum(shortfall));
  }
  return __all_sync(every_lane, mine) != 0;
}

// Items: pools with events.
__global__ void __launch_bounds__(block_threads)
    add_runs(TallyInput in, std::uint32_t const* runs, Counters const* counters) {
  for (std::uint64_t item = warp_of_thread(); item < counters->runs; item += warps_of_grid()) {
    std::uint64_t first = runs[item];
    std::uint32_t const number = in.events.key(first).pool();
    while (add_events(in, number, first)) first += warp_width;
  }
}

__global__ void __launch_bounds__(block_threads)
    add_accounts(std::uint64_t const* keys, std::uint64_t count, BatchTallyView batch,
                 ScenarioTallyView scenarios) {
  for (std::uint64_t i = thread_of_grid(); i < count; i += threads_of_grid()) {
    std::uint64_t const key = keys[i];
    if (key == no_key || (i != 0 && keys[i - 1] == key)) continue;
    atomicAdd(&batch.accounts[key >> place_bits], 1ull);
    atomicAdd(&scenarios.accounts[key & place_mask], 1u);
  }
}

}  // namespace

void launch_name_accounts(BookView const& book, BatchTallyView const& tally, cudaStream_t stream) {
  name_accounts<<<warp_grid(book.accounts), block_threads, 0, stream>>>(book, tally);
  check(cudaGetLastError(), "launch of name_accounts");
}

void launch_count_breaches(CellsView const& cells, std::uint32_t* group_begin,
                           cudaStream_t stream) {
  count_breaches<<<warp_grid(cells.count / group_cells + 2), block_threads, 0, stream>>>(
      cells, group_begin);
  check(cudaGetLastError(), "launch of count_breaches");
}

void launch_list_breaches(CellsView const& cells, std::uint32_t const* group_begin,
                          std::uint32_t* events, Counters* counters, cudaStream_t stream) {
  list_breaches<<<warp_grid(cells.count / group_cells + 1), block_threads, 0, stream>>>(
      cells, group_begin, events, counters);
  check(cudaGetLastError(), "launch of list_breaches");
}

void launch_tally_events(PassageInput const& input, WindowView const& window,
                         EventsView const& events, std::uint32_t const* listed,
                         BatchTallyView const& batch, ScenarioTallyView const& scenarios,
                         std::uint32_t* runs, Counters* counters, std::uint64_t* account_keys,
                         cudaStream_t stream) {
  open_runs<<<thread_grid(events.count), block_threads, 0, stream>>>(events, runs, counters);
  check(cudaGetLastError(), "launch of open_runs");
  TallyInput const in{input.book, window, events, listed, batch, scenarios, account_keys};
  add_runs<<<warp_grid(std::min<std::uint64_t>(events.count, input.book.pools)), block_threads, 0,
             stream>>>(in, runs, counters);
  check(cudaGetLastError(), "launch of add_runs");
}

void launch_tally_accounts(std::uint64_t const* account_keys, std::uint64_t count,
                           BatchTallyView const& batch, ScenarioTallyView const& scenarios,
                           cudaStream_t stream) {
  add_accounts<<<thread_grid(count), block_threads, 0, stream>>>(account_keys, count, batch,
                                                                 scenarios);
  check(cudaGetLastError(), "launch of add_accounts");
}

}  // namespace plimsoll::cuda
