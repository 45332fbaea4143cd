#include "kernels/cpu/reference.hpp"

#include "kernels/cpu/processor.hpp"
#include "kernels/cpu/sweep.hpp"

namespace plimsoll::cpu {

Availability Reference::availability() const {
  return processor();
}

std::vector<Tally> Reference::evaluate(std::span<Job const> jobs, Tuning const& tuning) const {
  return Sweep(jobs, tuning).run();
}

std::uint64_t Reference::host_bytes(std::span<Job const> jobs, Tuning const& tuning) const {
  return Sweep::host_bytes(jobs, tuning);
}

}  // namespace plimsoll::cpu
