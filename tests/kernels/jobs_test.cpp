// Several jobs at once give what each gives alone: columns are priced once, and no job hears of
// another's rules, pools, breaches or cells outside the domain.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "kernels/engine.hpp"
#include "kernels/tails.hpp"
#include "tests/kernels/job_builder.hpp"
#include "tests/kernels/job_copy.hpp"
#include "tests/kernels/job_list.hpp"
#include "tests/kernels/same_tally.hpp"

namespace plimsoll {
namespace {

using testing::JobBuilder;
using testing::JobConfig;
using testing::JobCopy;
using testing::same_tally;

// One market and its rows under four rule packs: as they are, without what differs from pool to
// pool, with profits that count for nothing, and on a book of half the balances.
class PackJobs {
 public:
  explicit PackJobs(JobConfig const& config) : builder_(config), thin_(builder_.job()) {
    for (double& balance : thin_.balance) balance *= 0.5;
    Job const job = builder_.job();
    jobs_.assign(3, job);
    Job& plain = jobs_[1];
    plain.book.group_curve = nullptr;
    plain.book.term_curve = nullptr;
    plain.book.charge_begin = nullptr;
    plain.book.scans = {};
    jobs_[2].rules.gain_weight = 0.0;
    jobs_.push_back(thin_.job());
  }

  std::vector<Job> const& list() const { return jobs_; }

 private:
  JobBuilder builder_;
  JobCopy thin_;
  std::vector<Job> jobs_;
};

bool usable(Engine const& engine) {
  return engine.availability().usable;
}

TEST(Jobs, TogetherAreWhatEachIsAlone) {
  Engine const& reference = *engine_named("reference");
  for (auto const& [name, config] : testing::job_list()) {
    PackJobs const jobs(config);
    std::vector<Tally> alone;
    for (Job const& job : jobs.list()) alone.push_back(reference.evaluate(job, {}));
    bool differ = false;
    for (Tally const& tally : alone) differ = differ || !same_tally(tally, alone.front());
    EXPECT_TRUE(differ || name == "no_factors_no_exposures") << name;
    for (Engine const* const engine : engines()) {
      if (!usable(*engine)) continue;
      for (auto const& [threads, tile, batch] :
           {std::tuple(1u, 0u, 0u), {2u, 7u, 3u}, {3u, 64u, 0u}, {2u, 0u, 11u}}) {
        SCOPED_TRACE(name + ", " + std::string(engine->name()) + ", tile " + std::to_string(tile) +
                     ", batch " + std::to_string(batch));
        std::vector<Tally> const found = engine->evaluate(
            jobs.list(), {.threads = threads, .tile = tile, .batch = batch, .progress = {}});
        ASSERT_EQ(found.size(), alone.size());
        for (std::size_t i = 0; i < found.size(); ++i)
          EXPECT_TRUE(same_tally(found[i], alone[i])) << "job " << i;
      }
    }
  }
}

// Work is told apart by job, and covers every cell of every one.
TEST(Jobs, EachHasItsOwnWork) {
  PackJobs const jobs({.seed = 61, .accounts = 60, .scenarios = 300, .tails = Tails::flagged});
  for (Engine const* const engine : engines()) {
    if (!usable(*engine)) continue;
    SCOPED_TRACE(engine->name());
    std::vector<Tally> const found = engine->evaluate(jobs.list(), {});
    for (std::size_t i = 0; i < found.size(); ++i) {
      WorkDone const alone = engine->evaluate(jobs.list()[i], {}).work;
      EXPECT_EQ(found[i].work.covered, alone.covered);
      EXPECT_GT(found[i].work.decided, 0u);
    }
  }
}

// Tails of two jobs share flights that are too small for either.
TEST(Jobs, TailsOfAllShareTheirMemory) {
  PackJobs const jobs({.seed = 62, .accounts = 30, .scenarios = 300, .tails = Tails::all});
  Engine const& reference = *engine_named("reference");
  for (Engine const* const engine : engines()) {
    if (!usable(*engine)) continue;
    SCOPED_TRACE(engine->name());
    Tuning tuning;
    tuning.tail_memory = 7 * tail_bytes(300);
    std::vector<Tally> const found = engine->evaluate(jobs.list(), tuning);
    for (std::size_t i = 0; i < found.size(); ++i)
      EXPECT_TRUE(same_tally(found[i], reference.evaluate(jobs.list()[i], {}))) << "job " << i;
  }
}

TEST(Jobs, ProgressEndsWithTheCellsOfAll) {
  PackJobs const jobs({.seed = 63, .accounts = 30, .scenarios = 200, .tails = Tails::all});
  std::uint64_t cells = 0;
  for (Job const& job : jobs.list())
    cells += 2 * job.book.pools * job.shape.scenarios * job.shape.steps;
  for (char const* const name : {"reference", "simd"}) {
    std::uint64_t last = 0;
    bool rising = true;
    Tuning tuning;
    tuning.threads = 2;
    tuning.progress = [&](std::uint64_t done, std::uint64_t total) {
      rising = rising && done > last && done <= total;
      last = done;
    };
    static_cast<void>(engine_named(name)->evaluate(jobs.list(), tuning));
    EXPECT_TRUE(rising) << name;
    EXPECT_EQ(last, cells) << name;
  }
}

// The memory of several jobs is less than that of each together, and more than that of any.
TEST(Jobs, ShareTheMemoryOfColumns) {
  PackJobs const jobs({.seed = 64, .accounts = 60, .scenarios = 5000});
  for (Engine const* const engine : engines()) {
    SCOPED_TRACE(engine->name());
    std::uint64_t sum = 0, most = 0;
    for (Job const& job : jobs.list()) {
      std::uint64_t const one = engine->host_bytes(job, {});
      sum += one;
      most = std::max(most, one);
    }
    std::uint64_t const all = engine->host_bytes(jobs.list(), {});
    EXPECT_GE(all, most);
    EXPECT_LT(all, sum);
  }
}

}  // namespace
}  // namespace plimsoll
