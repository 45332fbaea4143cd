#include "bench/peers/columns.hpp"

#include <cmath>
#include <stdexcept>

#include "bench/peers/chunks.hpp"
#include "models/moves.hpp"

namespace plimsoll::bench {
namespace {

std::vector<double> log_moves(Job const& job, std::uint64_t scenario) {
  MarketView const& market = job.market;
  std::vector<double> normals(market.factors), moves(market.factors);
  factor_normals(job.shape.seed, scenario, 1, market.factors, normals.data());
  double const mixing = scenario_mixing(market, job.shape.seed, scenario, 1);
  double const root_of_step = std::sqrt(job.shape.years_per_step);
  auto const normal = [&](std::uint32_t j) { return normals[j]; };
  for (std::uint32_t f = 0; f < market.factors; ++f)
    moves[f] =
        factor_move(market, job.shape, scenario, 1, f, normal, mixing, root_of_step).log_move;
  return moves;
}

}  // namespace

std::vector<double> priced_columns(Job const& job, unsigned threads) {
  if (job.shape.steps != 1 || job.market.table != nullptr)
    throw std::invalid_argument("priced_columns: one step of drawn moves, and nothing else");
  if (job.rows.stored > job.rows.assets)
    throw std::invalid_argument("priced_columns: plain contracts only");
  std::uint64_t const columns = job.shape.scenarios;
  std::vector<double> values(job.rows.rows * columns);
  for_chunks(threads, static_cast<std::uint32_t>(columns), 16, [&](auto begin, auto end) {
    for (std::uint64_t column = begin; column < end; ++column) {
      std::vector<double> const moves = log_moves(job, column);
      auto const at = [&](std::uint32_t row) -> double& { return values[row * columns + column]; };
      for (std::uint32_t row = 0; row < job.rows.rows; ++row)
        at(row) = row < job.rows.assets ? price_row(job.rows, row, moves.data())
                                        : exposure(job.rows, row, at);
    }
  });
  return values;
}

}  // namespace plimsoll::bench
