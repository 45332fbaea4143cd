#include "bench/peers/engine_entry.hpp"

namespace plimsoll::bench {
namespace {

// Whether the engines can be told to compute every cell; then it is told.
template <class AnyTuning>
bool forbid_pruning(AnyTuning& tuning) {
  if constexpr (requires { tuning.prune = false; }) {
    tuning.prune = false;
    return true;
  } else {
    return false;
  }
}

class EngineEntry final : public Contestant {
 public:
  EngineEntry(Engine const& engine, Job const& job, Tuning const& tuning, std::string name)
      : engine_(engine), job_(job), tuning_(tuning), name_(std::move(name)) {}

  std::string name() const override { return name_; }
  std::string description() const override {
    return std::string(engine_.description()) + "; draws and pricing included";
  }
  std::uint32_t pools() const override { return job_.book.pools; }

  Answer answer() override {
    Answer answer;
    for (PoolTally const& pool : engine_.evaluate(job_, tuning_).pools)
      answer.breaches.push_back(static_cast<std::uint32_t>(pool.breaches));
    return answer;
  }

  std::uint64_t run() override {
    std::uint64_t breaches = 0;
    for (PoolTally const& pool : engine_.evaluate(job_, tuning_).pools) breaches += pool.breaches;
    return breaches;
  }

 private:
  Engine const& engine_;
  Job job_;
  Tuning tuning_;
  std::string name_;
};

}  // namespace

void add_engines(Contestants& contestants, Job const& job, unsigned threads) {
  for (Engine const* const engine : engines()) {
    Availability const found = engine->availability();
    std::string const name(engine->name());
    if (!found.usable || found.simulated || name.starts_with("simd-")) continue;
    Tuning tuning, brute;
    tuning.threads = brute.threads = threads;
    if (name != "reference" && forbid_pruning(brute))
      contestants.push_back(
          std::make_unique<EngineEntry>(*engine, job, brute, "plimsoll " + name + ", brute force"));
    contestants.push_back(std::make_unique<EngineEntry>(*engine, job, tuning, "plimsoll " + name));
  }
}

}  // namespace plimsoll::bench
