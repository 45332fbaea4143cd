#include "kernels/cuda/window.hpp"

#include <algorithm>
#include <cmath>

namespace plimsoll::cuda {

std::uint64_t Window::bytes_per_scenario(Job const& job) {
  std::uint64_t const steps = job.shape.steps;
  // Normals and log sums, or the table's moves and log sums; mixing factors; prices.
  return steps * (2ull * job.market.factors + 1 + job.rows.assets) * sizeof(double);
}

Window::Window(Job const& job, std::uint32_t stride, Stream const& stream)
    : job_(job), stream_(stream), stride_(stride) {
  std::uint64_t const columns = static_cast<std::uint64_t>(job.shape.steps) * stride;
  std::uint64_t const moves = columns * job.market.factors;
  if (job.market.table != nullptr) {
    table_ = DeviceBuffer<double>(moves, stream);
    staged_table_ = PinnedBuffer<double>(moves);
  } else {
    normals_ = DeviceBuffer<double>(moves, stream);
    mixing_ = DeviceBuffer<double>(columns, stream);
  }
  log_sums_ = DeviceBuffer<double>(moves, stream);
  prices_ = DeviceBuffer<double>(columns * job.rows.assets, stream);
}

WindowView Window::price(ResidentWorld const& world, std::uint64_t first, std::uint32_t width,
                         unsigned long long* bent) {
  WindowView const view = {first,
                           width,
                           stride_,
                           job_.shape.steps,
                           job_.market.factors,
                           std::sqrt(job_.shape.years_per_step),
                           normals_.data(),
                           mixing_.data(),
                           log_sums_.data(),
                           prices_.data(),
                           bent};
  MarketView market = world.market();
  if (job_.market.table != nullptr)
    market.table = given_moves(first, width);
  else
    launch_draw(market, job_.shape, view, stream_.get());
  launch_log_moves(market, job_.shape, view, stream_.get());
  launch_price_assets(world.rows(), view, stream_.get());
  return view;
}

double const* Window::given_moves(std::uint64_t first, std::uint32_t width) {
  std::uint64_t const per_scenario =
      static_cast<std::uint64_t>(job_.shape.steps) * job_.market.factors;
  double* const staged = staged_table_.data();
  std::copy_n(job_.market.table + first * per_scenario, width * per_scenario, staged);
  copy_to_device(table_.data(), static_cast<double const*>(staged), width * per_scenario, stream_);
  return table_.data();
}

}  // namespace plimsoll::cuda
