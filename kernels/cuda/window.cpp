#include "kernels/cuda/window.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace plimsoll::cuda {
namespace {

// True where `row`, which takes work, names one of the rows [first, row). What it names and does
// not read is held to be read.
bool names_one(RowsView const& rows, std::uint32_t row, std::uint32_t first) {
  OptionRow const& option = rows.option[row - rows.assets];
  std::uint32_t const named[] = {rows.underlying[row], rows.settle[row], option.level,
                                 option.strike_unit};
  return std::any_of(std::begin(named), std::end(named),
                     [&](std::uint32_t each) { return each >= first && each < row; });
}

}  // namespace

// As long as they can be: every run is a launch.
std::vector<Window::Run> Window::runs_of(RowsView const& rows) {
  std::vector<Run> runs;
  std::uint32_t first = rows.assets;
  for (std::uint32_t row = rows.assets; row < rows.stored; ++row) {
    if (!names_one(rows, row, first)) continue;
    runs.push_back({first, row});
    first = row;
  }
  if (first < rows.stored) runs.push_back({first, rows.stored});
  return runs;
}

std::uint64_t Window::bytes_per_scenario(Job const& job) {
  std::uint64_t const steps = job.shape.steps;
  // Normals and log sums, or the table's moves and log sums; mixing factors; stored rows.
  return steps * (2ull * job.market.factors + 1 + job.rows.stored) * sizeof(double);
}

Window::Window(Job const& job, std::uint32_t stride, Stream const& stream)
    : job_(job), stream_(stream), stride_(stride), runs_(runs_of(job.rows)) {
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
  prices_ = DeviceBuffer<double>(columns * job.rows.stored, stream);
}

WindowView Window::price(ResidentWorld const& world, std::uint64_t first, std::uint32_t width,
                         unsigned long long* bent) {
  WindowView const view = {first,
                           width,
                           stride_,
                           job_.shape.steps,
                           job_.market.factors,
                           job_.shape.years_per_step,
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
  for (Run const run : runs_)
    launch_price_derived(world.rows(), view, run.first, run.end, stream_.get());
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
