// A run in slices keeps to --memory: the most that its process has held, as the system counted it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/program/program.hpp"

namespace plimsoll {
namespace {

std::string const packs = "--rules " PLIMSOLL_SOURCE_DIR "/datasets/default/rules.toml ";

struct Spent {
  int code;
  std::uint64_t peak;  // [byte]
};

class Budget : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers take memory of their own";
#endif
    must("import --factors " PLIMSOLL_SOURCE_DIR
         "/datasets/default/factors.csv --correlation " PLIMSOLL_SOURCE_DIR
         "/datasets/default/correlation.csv --as-of 2025-08-13 --degrees-of-freedom 6.323 "
         "--constant USDT=1 --out market.h5");
    must("synth --pools 40000 --market market.h5 " + packs + "--out night.h5");
  }

  void must(std::string const& command) {
    Outcome const outcome = place.plimsoll(command);
    ASSERT_EQ(outcome.code, 0) << command << ": " << outcome.err;
  }

  Spent spent(std::string const& command) const {
    pid_t const child = ::fork();
    if (child == 0) {
      if (::chdir(place.file("").c_str()) != 0) ::_exit(99);
      ::dup2(::open("child.out", O_WRONLY | O_CREAT | O_TRUNC, 0666), STDOUT_FILENO);
      ::dup2(::open("child.err", O_WRONLY | O_CREAT | O_TRUNC, 0666), STDERR_FILENO);
      ::execl("/bin/sh", "sh", "-c", ("exec " PLIMSOLL_PROGRAM " " + command).c_str(), nullptr);
      ::_exit(99);
    }
    int status = 0;
    rusage usage{};
    ::wait4(child, &status, 0, &usage);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128,
            static_cast<std::uint64_t>(usage.ru_maxrss) * 1024};
  }

  // Runs under each budget; it must be kept or refused, the largest kept.
  void expect_kept(std::string const& run, std::vector<std::uint64_t> const& mebibytes) {
    for (std::uint64_t const budget : mebibytes) {
      std::string const asked = std::to_string(budget) + "MiB";
      Spent const one = spent(run + "--memory " + asked + " --out kept" + asked);
      if (budget == mebibytes.back()) {
        EXPECT_EQ(one.code, 0) << place.read("child.err");
      }
      if (one.code == 0) {
        EXPECT_LE(one.peak, budget << 20) << asked;
        std::printf("%s: peak %llu KiB\n", asked.c_str(),
                    static_cast<unsigned long long>(one.peak >> 10));
      } else {
        EXPECT_EQ(one.code, 2) << place.read("child.err");
        EXPECT_NE(place.read("child.err").find("--memory " + asked), std::string::npos)
            << place.read("child.err");
      }
    }
  }

  Workplace place;
};

TEST_F(Budget, IsKeptWithManyPools) {
  std::string const run = "run --book night.h5 --market market.h5 " + packs + "--threads 2 ";
  Spent const free = spent(run + "--scenarios 1000 --out free");
  ASSERT_EQ(free.code, 0) << place.read("child.err");
  expect_kept(run + "--scenarios 1000 ", {64, 80, 96, 128, 400});
  EXPECT_TRUE(place.has("kept128MiB/shards/00000.h5")) << "no slices were made";
}

TEST_F(Budget, IsKeptWithManyScenarios) {
  std::string const run =
      "run --book night.h5 --market market.h5 " + packs + "--threads 2 --tails none ";
  expect_kept(run + "--scenarios 100000 --steps 1 ", {96, 128, 192});
  EXPECT_TRUE(place.has("kept192MiB/shards/00000.h5")) << "no slices were made";
}

TEST_F(Budget, IsKeptWithCustodyAndManyColumns) {
  std::string names = "name,class\n", balances = "account,pool,asset,amount\n",
              positions = "account,pool,instrument,quantity,entry_price\n";
  for (int a = 0; a < 60; ++a) {
    std::string const name = "a" + std::to_string(a);
    names += name + (a % 2 == 0 ? ",client omnibus\n" : ",client segregated\n");
    balances += name + ",,USDT,20000\n";
    positions += name + ",,BTC/USDT:USDT," + std::to_string(a % 7 + 1) + ",120000\n";
  }
  place.write("instruments.csv",
              "name,kind,underlying,settle,contract_size\nBTC/USDT:USDT,linear,BTC,USDT,1\n");
  place.write("accounts.csv", names);
  place.write("balances.csv", balances);
  place.write("positions.csv", positions);
  place.write("custody.csv", "class,asset,units\nclient omnibus,USDT,600000\n");
  must(
      "import --instruments instruments.csv --accounts accounts.csv --positions positions.csv "
      "--balances balances.csv --custody custody.csv --out held.h5");
  std::string const run = "run --book held.h5 --market market.h5 " + packs +
                          "--threads 2 --tails none --slice 15 --scenarios 50000 --steps 4 ";
  expect_kept(run, {96, 128, 192});
}

}  // namespace
}  // namespace plimsoll
