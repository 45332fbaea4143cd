#include "kernels/cpu/reference.hpp"

#include "kernels/cpu/processor.hpp"
#include "kernels/cpu/sweep.hpp"

namespace plimsoll::cpu {

Availability Reference::availability() const {
  return processor();
}

Tally Reference::evaluate(Job const& job, Tuning const& tuning) const {
  return Sweep(job, tuning).run();
}

std::uint64_t Reference::host_bytes(Job const& job, Tuning const& tuning) const {
  return Sweep::host_bytes(job, tuning);
}

}  // namespace plimsoll::cpu
