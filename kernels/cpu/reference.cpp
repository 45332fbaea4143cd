#include "kernels/cpu/reference.hpp"

#include "kernels/cpu/processor.hpp"
#include "kernels/cpu/sweep.hpp"

namespace plimsoll::cpu {
namespace {

// One scenario at a time, every cell.
struct OneByOne {
  static constexpr std::uint32_t strip = 1;
  static bool walk(Job const& job, Tile const& tile, std::uint32_t, std::uint32_t pool,
                   std::uint32_t begin, std::uint32_t, bool, Passage* found) {
    *found = passage(job.book, job.rules, pool, job.today[pool], job.shape.steps,
                     [&tile, begin](std::uint32_t step, std::uint32_t row) {
                       return tile.value(row, step, begin);
                     });
    return true;
  }
};

}  // namespace

Availability Reference::availability() const {
  return processor();
}

Tally Reference::evaluate(Job const& job, Tuning const& tuning) const {
  return Sweep<OneByOne>(job, tuning).run();
}

std::uint64_t Reference::host_bytes(Job const& job, Tuning const& tuning) const {
  return Sweep<OneByOne>::host_bytes(job, tuning);
}

}  // namespace plimsoll::cpu
