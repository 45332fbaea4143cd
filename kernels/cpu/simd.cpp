#include "kernels/cpu/simd.hpp"

#include "kernels/cpu/lanes.hpp"
#include "kernels/cpu/processor.hpp"
#include "kernels/cpu/sweep.hpp"

namespace plimsoll::cpu {
namespace {

// Excesses of one pool over all steps of a strip, in the order of the path.
using Excesses = double[most_steps][Lanes::count];

// Eight scenarios at a time; a strip shorter than that repeats scenarios before it, which are then
// left alone, and a tile narrower than a strip, or a path of very many steps, goes one by one.
struct SideBySide {
  static constexpr std::uint32_t strip = Lanes::count;

  static bool walk(Job const& job, Tile const& tile, std::uint32_t width, std::uint32_t pool,
                   std::uint32_t begin, std::uint32_t count, bool losses, Passage* found) {
    if (width < strip || job.shape.steps > most_steps)
      return walk_one_by_one(job, tile, pool, begin, count, found);
    std::uint32_t const start = begin + strip <= width ? begin : width - strip;
    Excesses excesses;
    if (!evaluate_strip(job, tile, pool, start, excesses) && !losses) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
      PassageFold fold;
      for (std::uint32_t step = 1; step <= job.shape.steps; ++step)
        fold.add(step, excesses[step - 1][begin - start + i]);
      found[i] = fold.finish(job.today[pool]);
    }
    return true;
  }

 private:
  // True where some lane is in breach or undefined at some step.
  static bool evaluate_strip(Job const& job, Tile const& tile, std::uint32_t pool,
                             std::uint32_t start, Excesses& excesses) {
    bool eventful = false;
    for (std::uint32_t step = 1; step <= job.shape.steps; ++step) {
      Lanes const excess =
          plimsoll::evaluate<Lanes>(job.book, job.rules, pool, [&](std::uint32_t row) {
            return Lanes::load(tile.place(row, step, start));
          }).excess;
      eventful |= any_outside(excess, largest_amount);
      excess.store(excesses[step - 1]);
    }
    return eventful;
  }

  static bool walk_one_by_one(Job const& job, Tile const& tile, std::uint32_t pool,
                              std::uint32_t begin, std::uint32_t count, Passage* found) {
    for (std::uint32_t i = 0; i < count; ++i)
      found[i] = passage(
          job.book, job.rules, pool, job.today[pool], job.shape.steps,
          [&](std::uint32_t step, std::uint32_t row) { return tile.value(row, step, begin + i); });
    return true;
  }
};

}  // namespace

Availability Simd::availability() const {
  return processor();
}

Tally Simd::evaluate(Job const& job, Tuning const& tuning) const {
  return Sweep<SideBySide>(job, tuning).run();
}

std::uint64_t Simd::host_bytes(Job const& job, Tuning const& tuning) const {
  return Sweep<SideBySide>::host_bytes(job, tuning);
}

}  // namespace plimsoll::cpu
