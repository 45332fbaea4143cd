// How thick buffers must be for the wanted share of cells to breach.
#include <algorithm>
#include <cmath>

#include "bench/desk_book.hpp"

namespace plimsoll::bench {
namespace {

constexpr std::uint32_t most_pools = 2000;  // of the sample
constexpr std::uint64_t most_scenarios = 10000;
constexpr double close_enough = 0.03;  // of the wanted share
constexpr int most_attempts = 12;

double share_at(DeskConfig config, double log_scale) {
  config.buffer_scale = std::exp(log_scale);
  DeskBook const sample(config);
  Job const job = sample.job();
  return share_in_breach(engine_named("simd")->evaluate(job, Tuning{}), job.shape);
}

}  // namespace

double share_in_breach(Tally const& tally, RunShape const& shape) {
  double breaches = 0.0;
  for (PoolTally const& pool : tally.pools) breaches += static_cast<double>(pool.breaches);
  return breaches /
         (static_cast<double>(tally.pools.size()) * static_cast<double>(shape.scenarios));
}

// Bisection of the logarithm: shares fall as buffers grow.
DeskConfig calibrated(DeskConfig config) {
  DeskConfig sample = config;
  sample.pools = std::min(config.pools, most_pools);
  sample.scenarios = std::min(config.scenarios, most_scenarios);
  sample.tails = Tails::none;
  double low = std::log(1e-3), high = std::log(3.0);
  double middle = std::log(0.1);
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    double const share = share_at(sample, middle);
    if (std::fabs(share - config.breach_share) <= close_enough * config.breach_share) break;
    (share > config.breach_share ? low : high) = middle;
    middle = 0.5 * (low + high);
  }
  config.buffer_scale = std::exp(middle);
  return config;
}

}  // namespace plimsoll::bench
