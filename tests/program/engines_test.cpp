// Engines through the command line: which can run, that the forced one ran, that all agree, and
// what is said where none can.
#include <gtest/gtest.h>

#include <set>

#include "tests/program/program.hpp"

namespace plimsoll {
namespace {

std::string const samples = PLIMSOLL_SOURCE_DIR "/datasets/samples/";
std::string const defaults = PLIMSOLL_SOURCE_DIR "/datasets/default/";

void make_inputs(Workplace const& place) {
  ASSERT_EQ(place
                .plimsoll("import --factors " + defaults + "factors.csv --correlation " + defaults +
                          "correlation.csv --as-of 2025-08-13 --constant USDT=1 --out market.h5")
                .code,
            0)
      << place.read("stderr.txt");
  ASSERT_EQ(place
                .plimsoll("synth --pools 120 --leverage 2 --market market.h5 --rules " + defaults +
                          "rules.toml --out book.h5")
                .code,
            0)
      << place.read("stderr.txt");
}

std::string run_with(std::string const& out, std::string const& more) {
  return "run --book book.h5 --market market.h5 --rules " + defaults +
         "rules.toml --scenarios 200 --out " + out + " " + more;
}

TEST(Engines, TheForcedOneRan) {
  Workplace const place;
  make_inputs(place);
  std::set<std::string> digests;
  int runs = 0;
  Outcome const list = place.plimsoll("engines");
  for (std::string const engine : {"reference", "simd", "simd-avx2", "simd-avx512"})
    for (std::string const threads : {"1", "2"}) {
      if (engine == "simd-avx512" && list.out.find("lacks AVX-512") != std::string::npos) continue;
      std::string const out = engine + threads;
      ASSERT_EQ(
          place.plimsoll(run_with(out, "--tails all --threads " + threads + " --engine " + engine))
              .code,
          0);
      EXPECT_NE(place.read(out + "/manifest.json").find("\"name\": \"" + engine + "\""),
                std::string::npos);
      digests.insert(place.plimsoll("digest " + out).out);
      ++runs;
    }
  EXPECT_GE(runs, 6);
  EXPECT_EQ(digests.size(), 1u);
}

// A processor with AVX2 and no more, imitated: nothing of the wider code may run, and the answer is
// the same.
TEST(Engines, WithoutAvx512TheAnswerIsTheSame) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers reserve terabytes, which qemu takes for memory in use";
#endif
  if (std::system("command -v qemu-x86_64 >/dev/null") != 0)
    GTEST_SKIP() << "qemu-user is not installed: no other processor to imitate";
  Workplace const place;
  make_inputs(place);
  ASSERT_EQ(place.plimsoll(run_with("here", "--tails all")).code, 0);
  auto const imitated = [&](std::string const& arguments) {
    return std::system(("cd " + place.file("") +
                        " && qemu-x86_64 -cpu Haswell " PLIMSOLL_PROGRAM " " + arguments +
                        " >out.txt 2>err.txt")
                           .c_str());
  };
  EXPECT_EQ(imitated("engines"), 0) << place.read("err.txt");
  EXPECT_NE(place.read("out.txt").find("lacks AVX-512"), std::string::npos);
  EXPECT_EQ(imitated(run_with("there", "--tails all --threads 1")), 0) << place.read("err.txt");
  EXPECT_EQ(place.plimsoll("digest here").out, place.plimsoll("digest there").out);
  EXPECT_NE(imitated(run_with("wide", "--engine simd-avx512")), 0);
  EXPECT_NE(place.read("err.txt").find("lacks AVX-512"), std::string::npos)
      << place.read("err.txt");
}

TEST(Engines, CudaOnTheSimulatorGivesTheReferencesDigest) {
  if (simulated().empty()) GTEST_SKIP() << "built without nvcc: there is no CUDA engine to run";
  Workplace const place;
  make_inputs(place);
  std::set<std::string> digests;
  ASSERT_EQ(place.plimsoll(run_with("reference", "--engine reference")).code, 0);
  digests.insert(place.plimsoll("digest reference").out);
  int n = 0;
  for (char const* const more : {"", "--tile 32 --batch 7", "--tile 64", "--tile 200 --batch 50"}) {
    std::string const out = "cuda" + std::to_string(n++);
    Outcome const outcome =
        place.plimsoll(run_with(out, "--engine cuda " + std::string(more)), simulated());
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    std::string const manifest = place.read(out + "/manifest.json");
    EXPECT_NE(manifest.find("\"name\": \"cuda\""), std::string::npos);
    EXPECT_NE(manifest.find("simulated device"), std::string::npos);
    digests.insert(place.plimsoll("digest " + out).out);
  }
  EXPECT_EQ(digests.size(), 1u);
}

// Credits that move, requirements by other measures, and scans with add-ons, all in one pass.
TEST(Engines, CudaOnTheSimulatorGivesTheReferencesDigestUnderSeveralPacks) {
  if (simulated().empty()) GTEST_SKIP() << "built without nvcc: there is no CUDA engine to run";
  Workplace const place;
  make_inputs(place);
  place.write("scanned.toml", R"(name = "scanned"
date = "2026-01-01"
sources = ["made for tests"]
counts_gains = true

[[haircuts]]
asset = "*"
weights = { asset = 1, liability = 1 }

[[schedules]]
name = "grid"
kind = "scan"
grid = "priced"

[[instruments]]
match = "*"
schedule = "grid"

[[scans]]
name = "priced"
spots = [-0.2, -0.1, 0, 0.1, 0.15]
volatilities = [0]
least_per_unit = 0.01
least_of = "sum"
add_ons = [
  { of = "net", unit = "currency", brackets = [{ floor = 0, rate = 0.01 }, { floor = 20000, rate = 0.05 }] },
  { of = "hedged", per_unit = 0.03 },
]
)");
  std::string const venues = PLIMSOLL_SOURCE_DIR "/datasets/venues/";
  std::string packs = "--steps 3 --tails all --rules scanned.toml";
  for (char const* const name : {"depeg", "mango", "ten-move"})
    packs += " --rules " + venues + name + ".toml";
  Outcome const reference = place.plimsoll(run_with("reference", packs + " --engine reference"));
  ASSERT_EQ(reference.code, 0) << reference.err;
  std::string const expected = place.plimsoll("digest reference").out;
  for (std::string const cut : {"", " --tile 64 --batch 30"}) {
    std::string const out = cut.empty() ? "whole" : "cut";
    Outcome const cuda = place.plimsoll(run_with(out, packs + " --engine cuda" + cut), simulated());
    ASSERT_EQ(cuda.code, 0) << cuda.err;
    EXPECT_EQ(place.plimsoll("digest " + out).out, expected);
  }
}

TEST(Engines, CudaOnTheSimulatorFindsTheReferencesExposure) {
  if (simulated().empty()) GTEST_SKIP() << "built without nvcc: there is no CUDA engine to run";
  Workplace const place;
  make_inputs(place);
  ASSERT_EQ(place.plimsoll(run_with("out", "--engine reference")).code, 0);
  Outcome const reference = place.plimsoll("exposure out --json --top 6");
  Outcome const cuda = place.plimsoll("exposure out --json --top 6 --engine cuda", simulated());
  ASSERT_EQ(cuda.code, 0) << cuda.err;
  EXPECT_NE(cuda.out.find("\"only_shared_breaches\""), std::string::npos);
  EXPECT_EQ(cuda.out, reference.out);
}

TEST(Engines, AutoNeverPicksASimulatedDevice) {
  if (simulated().empty()) GTEST_SKIP() << "built without nvcc: there is no CUDA engine to pick";
  Workplace const place;
  Outcome const list = place.plimsoll("engines", simulated());
  EXPECT_EQ(list.code, 0);
  EXPECT_NE(list.out.find("simulated"), std::string::npos) << list.out;
  EXPECT_NE(list.out.find("chooses    simd\n"), std::string::npos) << list.out;
}

TEST(Engines, WithoutADeviceCudaSaysWhatIsWrong) {
  if (simulated().empty()) GTEST_SKIP() << "built without nvcc: there is no CUDA engine";
  Workplace const place;
  make_inputs(place);
  Outcome const outcome =
      place.plimsoll(run_with("none", "--engine cuda"), simulated() + " SIMT_DEVICES=0");
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  EXPECT_NE(outcome.err.find("engine cuda cannot run here"), std::string::npos) << outcome.err;
  EXPECT_FALSE(place.has("none"));
  Outcome const fallen =
      place.plimsoll(run_with("auto", "--engine auto"), simulated() + " SIMT_DEVICES=0");
  EXPECT_EQ(fallen.code, 0) << fallen.err;
  std::string const manifest = place.read("auto/manifest.json");
  EXPECT_NE(manifest.find("\"name\": \"simd\""), std::string::npos);
  EXPECT_NE(manifest.find("cuda: "), std::string::npos);  // and why
}

TEST(Processor, BelowTheFloorIsSaidNotCrashed) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers reserve terabytes, which qemu takes for memory in use";
#endif
  if (std::system("command -v qemu-x86_64 >/dev/null") != 0)
    GTEST_SKIP() << "qemu-user is not installed: no older processor to imitate";
  Workplace const place;
  int const status =
      std::system(("cd " + place.file("") +
                   " && qemu-x86_64 -cpu Nehalem " PLIMSOLL_PROGRAM " engines >out.txt 2>err.txt")
                      .c_str());
  EXPECT_EQ(WEXITSTATUS(status), 2);
  EXPECT_NE(place.read("err.txt").find("it lacks AVX2"), std::string::npos)
      << place.read("err.txt");
}

}  // namespace
}  // namespace plimsoll
