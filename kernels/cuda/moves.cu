// Kernels that turn counters into log-prices.
// Method: docs/kernels.md, "draw" and "log_moves".
#include "kernels/cuda/grid.cuh"
#include "models/moves.hpp"

namespace plimsoll::cuda {
namespace {

static_assert(__cplusplus >= 202002L, "the device code is C++20: pass -std=c++20 to nvcc");

// The normals of one scenario and step as factor_move() reads them.
struct NormalReader {
  double const* first;  // factor 0 of the step and place
  std::uint32_t stride;
  PLIMSOLL_HD double operator()(std::uint32_t factor) const {
    return first[static_cast<std::uint64_t>(factor) * stride];
  }
};

__device__ void draw_pair(RunShape const& shape, WindowView const& window, std::uint32_t step,
                          std::uint32_t pair, std::uint32_t place) {
  Draws const two = draws(shape.seed, Purpose::factor_normal, window.first + place, step, pair);
  std::uint32_t const factor = 2 * pair;
  double* const out =
      window.normals +
      (static_cast<std::uint64_t>(step - 1) * window.factors + factor) * window.stride + place;
  out[0] = normal_quantile(uniform(two.first));
  if (factor + 1 < window.factors) out[window.stride] = normal_quantile(uniform(two.second));
}

// Lines: for each step the pairs of factors, then the mixing factor.
__global__ void __launch_bounds__(block_threads)
    draw(MarketView market, RunShape shape, WindowView window) {
  std::uint32_t const place = place_of_thread();
  if (place >= window.width) return;
  std::uint32_t const pairs = (window.factors + 1) / 2;
  std::uint64_t const lines = static_cast<std::uint64_t>(window.steps) * (pairs + 1);
  for (std::uint64_t line = blockIdx.y; line < lines; line += gridDim.y) {
    auto const step = static_cast<std::uint32_t>(line / (pairs + 1)) + 1;
    auto const pair = static_cast<std::uint32_t>(line % (pairs + 1));
    if (pair < pairs)
      draw_pair(shape, window, step, pair, place);
    else
      window.mixing[static_cast<std::uint64_t>(step - 1) * window.stride + place] =
          scenario_mixing(market, shape.seed, window.first + place, step);
  }
}

// Walks the steps of one factor in order; returns how many moves were bent.
__device__ std::uint32_t sum_moves(MarketView const& market, RunShape const& shape,
                                   WindowView const& window, std::uint32_t factor,
                                   std::uint32_t place) {
  std::uint64_t const plane = static_cast<std::uint64_t>(window.factors) * window.stride;
  bool const given = market.table != nullptr;
  // The table is the window's own part, hence counted from its first scenario.
  std::uint64_t const scenario = given ? place : window.first + place;
  std::uint32_t bent = 0;
  double sum = 0.0;
  for (std::uint32_t step = 1; step <= window.steps; ++step) {
    NormalReader const normal{given ? nullptr : window.normals + (step - 1) * plane + place,
                              window.stride};
    double const mixing =
        given ? 1.0 : window.mixing[static_cast<std::uint64_t>(step - 1) * window.stride + place];
    FactorMove const move =
        factor_move(market, shape, scenario, step, factor, normal, mixing, window.root_of_step);
    bent += static_cast<std::uint32_t>(move.bent);
    sum = sum + move.log_move;
    window
        .log_sums[(step - 1) * plane + static_cast<std::uint64_t>(factor) * window.stride + place] =
        sum;
  }
  return bent;
}

// Lines: factors.
__global__ void __launch_bounds__(block_threads)
    log_moves(MarketView market, RunShape shape, WindowView window) {
  std::uint32_t const place = place_of_thread();
  unsigned long long bent = 0;
  if (place < window.width)
    for (std::uint32_t factor = blockIdx.y; factor < window.factors; factor += gridDim.y)
      bent += sum_moves(market, shape, window, factor, place);
  bent = warp_sum(bent);
  if (window.bent != nullptr && lane_of_thread() == 0 && bent != 0) atomicAdd(window.bent, bent);
}

}  // namespace

void launch_draw(MarketView const& market, RunShape const& shape, WindowView const& window,
                 cudaStream_t stream) {
  std::uint64_t const lines =
      static_cast<std::uint64_t>(window.steps) * ((window.factors + 1) / 2 + 1);
  draw<<<line_grid(window.width, lines), block_threads, 0, stream>>>(market, shape, window);
  check(cudaGetLastError(), "launch of draw");
}

void launch_log_moves(MarketView const& market, RunShape const& shape, WindowView const& window,
                      cudaStream_t stream) {
  if (window.factors == 0) return;
  log_moves<<<line_grid(window.width, window.factors), block_threads, 0, stream>>>(market, shape,
                                                                                   window);
  check(cudaGetLastError(), "launch of log_moves");
}

}  // namespace plimsoll::cuda
