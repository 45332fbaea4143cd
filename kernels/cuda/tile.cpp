#include "kernels/cuda/tile.hpp"

#include <algorithm>
#include <cmath>

namespace plimsoll::cuda {

std::uint64_t bytes_per_scenario(Job const& job) {
  std::uint64_t const steps = job.shape.steps;
  std::uint64_t const moves = steps * job.market.factors;
  // Normals and log sums, or the table's moves and log sums.
  std::uint64_t const doubles = 2 * moves + steps + steps * job.rows.rows;
  std::uint64_t const counts = 2 * (2 * sizeof(std::uint32_t) + job.book.classes * sizeof(TickSum));
  return doubles * sizeof(double) + counts;
}

Tile::Tile(Job const& job, std::uint32_t stride, Stream const& stream)
    : job_(job), stream_(stream), stride_(stride) {
  std::uint64_t const columns = static_cast<std::uint64_t>(job.shape.steps) * stride;
  std::uint64_t const moves = columns * job.market.factors;
  if (job.market.table != nullptr) {
    table_ = DeviceBuffer<double>(moves, stream);
    for (PinnedBuffer<double>& staged : staged_table_) staged = PinnedBuffer<double>(moves);
  } else {
    normals_ = DeviceBuffer<double>(moves, stream);
    mixing_ = DeviceBuffer<double>(columns, stream);
  }
  log_sums_ = DeviceBuffer<double>(moves, stream);
  rows_ = DeviceBuffer<double>(columns * job.rows.rows, stream);
  bent_ = DeviceBuffer<unsigned long long>(1, stream);
  bent_.zero();
}

TileView Tile::price(ResidentWorld const& world, std::uint64_t first, std::uint32_t width,
                     std::uint32_t slot, bool count_bent) {
  TileView const view = {first,
                         width,
                         stride_,
                         job_.shape.steps,
                         job_.market.factors,
                         std::sqrt(job_.shape.years_per_step),
                         normals_.data(),
                         mixing_.data(),
                         log_sums_.data(),
                         rows_.data(),
                         count_bent ? bent_.data() : nullptr};
  MarketView market = world.market();
  if (job_.market.table != nullptr)
    market.table = given_moves(first, width, slot);
  else
    launch_draw(market, job_.shape, view, stream_.get());
  launch_log_moves(market, job_.shape, view, stream_.get());
  launch_price_assets(world.rows(), view, stream_.get());
  launch_price_exposures(world.rows(), view, stream_.get());
  return view;
}

double const* Tile::given_moves(std::uint64_t first, std::uint32_t width, std::uint32_t slot) {
  std::uint64_t const per_scenario =
      static_cast<std::uint64_t>(job_.shape.steps) * job_.market.factors;
  double* const staged = staged_table_[slot].data();
  std::copy_n(job_.market.table + first * per_scenario, width * per_scenario, staged);
  copy_to_device(table_.data(), static_cast<double const*>(staged), width * per_scenario, stream_);
  return table_.data();
}

std::uint64_t Tile::bent(Transfer& transfer) const {
  std::uint64_t count = 0;
  transfer.download(bent_, [&](unsigned long long const* value, std::uint64_t, std::uint64_t) {
    count = *value;
  });
  return count;
}

}  // namespace plimsoll::cuda
