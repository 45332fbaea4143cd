// The nightly run, end to end, through the command line.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/program/program.hpp"

namespace plimsoll {
namespace {

std::string const samples = PLIMSOLL_SOURCE_DIR "/datasets/samples";
std::string const defaults = PLIMSOLL_SOURCE_DIR "/datasets/default";

std::string const market_import = "import --factors " + defaults + "/factors.csv --correlation " +
                                  defaults + "/correlation.csv --as-of 2025-08-31 " +
                                  "--degrees-of-freedom 5 --constant USDT=1 --out market.h5";

// A small book on the default market and rules.
class SmallRun : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    place = new Workplace;
    ASSERT_EQ(place->plimsoll(market_import).code, 0) << place->read("stderr.txt");
    Outcome const synth = place->plimsoll("synth --pools 300 --market market.h5 --rules " +
                                          defaults + "/rules.toml --leverage 2 --out book.h5");
    ASSERT_EQ(synth.code, 0) << synth.err;
  }
  static void TearDownTestSuite() { delete place; }

  static Outcome run(std::string const& out, std::string const& more = "") {
    return place->plimsoll("run --book book.h5 --market market.h5 --rules " + defaults +
                           "/rules.toml --scenarios 400 --engine reference --out " + out + " " +
                           more);
  }
  static std::string digest(std::string const& out) {
    Outcome const outcome = place->plimsoll("digest " + out);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.out;
  }
  static Workplace* place;
};
Workplace* SmallRun::place = nullptr;

TEST_F(SmallRun, WritesResultReportManifestAndLog) {
  Outcome const outcome = run("first");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (char const* const name : {"results.h5", "report.html", "manifest.json", "run.log"})
    EXPECT_TRUE(place->has(std::string("first/") + name)) << name;
  EXPECT_NE(outcome.out.find("Accounts flagged"), std::string::npos);
  EXPECT_EQ(outcome.err, "");  // not a terminal: quiet
  EXPECT_NE(place->read("first/manifest.json").find("\"engine\""), std::string::npos);
}

// Two packs in one pass: one stage for both, the same digest by every engine, and cells of the
// second replayed to the tick.
TEST_F(SmallRun, SeveralPacksAreEvaluatedOnce) {
  std::ifstream stream(defaults + "/rules.toml");
  std::string rules{std::istreambuf_iterator<char>(stream), {}};
  for (auto const& [from, to] : {std::pair<std::string, std::string>("\"default\"", "\"losses\""),
                                 {"counts_gains = true", "counts_gains = false"}}) {
    std::size_t const at = rules.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    rules.replace(at, from.size(), to);
  }
  place->write("losses.toml", rules);
  Outcome const outcome = run("packs", "--rules losses.toml");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  std::string const log = place->read("packs/run.log");
  std::size_t const stage = log.find(" evaluate: ");
  ASSERT_NE(stage, std::string::npos) << log;
  EXPECT_EQ(log.find(" evaluate: ", stage + 1), std::string::npos) << log;
  EXPECT_NE(log.find(" losses: "), std::string::npos) << log;
  Outcome const simd =
      place->plimsoll("run --book book.h5 --market market.h5 --rules " + defaults +
                      "/rules.toml --rules losses.toml --scenarios 400 --engine simd --tile 37 "
                      "--batch 9 --out packs_simd");
  ASSERT_EQ(simd.code, 0) << simd.err;
  EXPECT_EQ(digest("packs_simd"), digest("packs"));
  std::string const table = place
                                ->plimsoll(
                                    "value --book book.h5 --market market.h5 --rules "
                                    "losses.toml --format csv")
                                .out;
  int agreed = 0;
  for (std::size_t at = table.find("losses,"); at != std::string::npos && agreed < 3;
       at = table.find("losses,", at + 1)) {
    std::size_t const account = table.find(',', at) + 1;
    std::size_t const pool = table.find(',', account) + 1;
    Outcome const explained = place->plimsoll("explain packs --rules losses --pool " +
                                              table.substr(pool, table.find(',', pool) - pool));
    ASSERT_EQ(explained.code, 0) << explained.err;
    if (explained.out.find("agrees with results.h5 to the tick") != std::string::npos) ++agreed;
  }
  EXPECT_EQ(agreed, 3);
}

TEST_F(SmallRun, SameDigestForThreadsTilesAndBatches) {
  std::set<std::string> digests;
  int n = 0;
  for (char const* const more :
       {"--threads 1", "--threads 2", "--tile 1", "--tile 7", "--tile 400", "--tile 4096",
        "--batch 1", "--batch 13", "--batch 100000", "--threads 2 --tile 33 --batch 50"}) {
    std::string const out = "same" + std::to_string(n++);
    ASSERT_EQ(run(out, more).code, 0) << more;
    digests.insert(digest(out));
  }
  EXPECT_EQ(digests.size(), 1u);
}

TEST_F(SmallRun, AnotherSeedAnotherDigest) {
  ASSERT_EQ(run("seed1").code, 0);
  ASSERT_EQ(run("seed2", "--seed 2").code, 0);
  EXPECT_NE(digest("seed1"), digest("seed2"));
}

TEST_F(SmallRun, ConfigFileSaysWhatFlagsSay) {
  place->write("run.toml", "book = \"book.h5\"\nmarket = \"market.h5\"\nrules = [\"" + defaults +
                               "/rules.toml\"]\nscenarios = 400\nengine = \"reference\"\n");
  ASSERT_EQ(run("flags").code, 0);
  Outcome const outcome = place->plimsoll("run run.toml --out config");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(digest("flags"), digest("config"));
}

TEST_F(SmallRun, ExplainAgreesWithTheResult) {
  ASSERT_EQ(run("explained", "--seed 5").code, 0);
  Outcome const value = place->plimsoll("value --book book.h5 --market market.h5 --rules " +
                                        defaults + "/rules.toml --format csv");
  ASSERT_EQ(value.code, 0) << value.err;
  std::istringstream lines(value.out);
  std::string line;
  std::getline(lines, line);
  int replayed = 0;
  while (std::getline(lines, line) && replayed < 12) {
    auto const comma = line.find(',', line.find(',') + 1);  // after rules and account
    std::string const pool = line.substr(comma + 1, line.find(',', comma + 1) - comma - 1);
    Outcome const outcome = place->plimsoll("explain explained --pool " + pool);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    if (outcome.out.find("agrees with results.h5 to the tick") != std::string::npos) ++replayed;
  }
  EXPECT_GT(replayed, 3);
}

TEST_F(SmallRun, ExplainSplitsAMeanAndRefusesWhatTheRunHasNot) {
  ASSERT_EQ(run("split", "--seed 5").code, 0);
  Outcome const value = place->plimsoll("value --book book.h5 --market market.h5 --rules " +
                                        defaults + "/rules.toml --format csv");
  std::istringstream lines(value.out);
  std::string line;
  std::getline(lines, line);
  int split = 0;
  for (int i = 0; i < 40 && std::getline(lines, line); ++i) {
    auto const comma = line.find(',', line.find(',') + 1);  // after rules and account
    std::string const pool = line.substr(comma + 1, line.find(',', comma + 1) - comma - 1);
    Outcome const outcome = place->plimsoll("explain split --average --pool " + pool);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    if (outcome.out.find("by factor") == std::string::npos) continue;
    Outcome const json = place->plimsoll("explain split --average --json --pool " + pool);
    ASSERT_EQ(json.code, 0) << json.err;
    EXPECT_NE(json.out.find("\"by_component\": ["), std::string::npos) << json.out;
    Outcome const step = place->plimsoll("explain split --step 3 --pool " + pool);
    EXPECT_EQ(step.code, 2);
    EXPECT_NE(step.err.find("it has steps 1 to 2"), std::string::npos) << step.err;
    ++split;
    if (split == 3) break;
  }
  EXPECT_GT(split, 0);
  Outcome const unknown = place->plimsoll("explain split --average --pool nobody");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_NE(unknown.err.find("no pool of that name"), std::string::npos) << unknown.err;
}

// A table of moves for every factor of the default market: `steps` steps of `move` each.
void write_moves_of(Workplace const& place, std::string const& name, int steps, double move) {
  std::ifstream factors(defaults + "/factors.csv");
  std::string line, header = "scenario,step", cells;
  std::getline(factors, line);
  while (std::getline(factors, line)) {
    header += "," + line.substr(0, line.find(','));
    cells += "," + std::to_string(move);
  }
  std::string text = header + "\n";
  for (int step = 1; step <= steps; ++step) text += "0," + std::to_string(step) + cells + "\n";
  place.write(name, text);
}

TEST_F(SmallRun, ATableOfMovesSaysItsOwnScenariosAndSteps) {
  write_moves_of(*place, "fall.csv", 3, -0.2);
  std::string const base =
      "run --book book.h5 --market market.h5 --rules " + defaults + "/rules.toml --moves fall.csv ";
  Outcome const outcome = place->plimsoll(base + "--out fallen");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("1 scenario, 3 steps over 3 days, from a table of moves"),
            std::string::npos)
      << outcome.out;
  ASSERT_EQ(place->plimsoll(base + "--horizon-days 5 --out longer").code, 0);
  EXPECT_NE(place->read("stdout.txt").find("3 steps over 5 days"), std::string::npos);
  // the engine took the moves: three times -20 % is -48.8 %
  Outcome const explained = place->plimsoll("explain fallen --pool A0000000 --scenario 0");
  ASSERT_EQ(explained.code, 0) << explained.err;
  EXPECT_NE(explained.out.find("scenario 0 of the table, step 3 of 3"), std::string::npos)
      << explained.out;
  EXPECT_NE(explained.out.find("-20.00 %"), std::string::npos) << explained.out;
  for (char const* const flag : {"--scenarios 5", "--steps 2", "--seed 3"}) {
    Outcome const refused = place->plimsoll(base + flag + " --out idle");
    EXPECT_EQ(refused.code, 2) << flag;
    EXPECT_NE(refused.err.find("no effect beside a table"), std::string::npos) << refused.err;
    EXPECT_FALSE(place->has("idle"));
  }
  write_moves_of(*place, "fall.csv", 65, -0.01);
  Outcome const refused = place->plimsoll(base + "--out idle");
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("fall.csv:row 66, column 'step'"), std::string::npos) << refused.err;
}

TEST_F(SmallRun, ExplainRefusesChangedInputs) {
  ASSERT_EQ(run("changed").code, 0);
  std::string const book = place->read("book.h5");
  std::string flipped = book;
  flipped[flipped.size() / 2] ^= 1;
  place->write("book.h5", flipped);
  Outcome const outcome = place->plimsoll("explain changed --pool A0000000");
  place->write("book.h5", book);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("SHA-256 differs"), std::string::npos) << outcome.err;
}

TEST_F(SmallRun, ReportIsWrittenAgainTheSame) {
  ASSERT_EQ(run("reported").code, 0);
  ASSERT_EQ(place->plimsoll("report reported --out again.html").code, 0);
  EXPECT_EQ(place->read("again.html"), place->read("reported/report.html"));
}

TEST_F(SmallRun, EveryTailsSettingCountsTheSameBreaches) {
  for (char const* const tails : {"none", "flagged", "all"})
    ASSERT_EQ(run(std::string("tails-") + tails, std::string("--json --tails ") + tails).code, 0);
}

TEST_F(SmallRun, EnginesAreListedAndForced) {
  Outcome const list = place->plimsoll("engines");
  EXPECT_EQ(list.code, 0);
  EXPECT_NE(list.out.find("reference"), std::string::npos);
  Outcome const unknown = place->plimsoll("run --book book.h5 --market market.h5 --rules " +
                                          defaults + "/rules.toml --engine warp --out unknown");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_NE(unknown.err.find("unknown engine"), std::string::npos);
  EXPECT_FALSE(place->has("unknown"));
}

struct Refused {
  char const* name;
  std::string arguments;
  char const* because;
};

TEST_F(SmallRun, WrongArgumentsAreRefusedAndNothingIsWritten) {
  std::string const base =
      "run --book book.h5 --market market.h5 --rules " + defaults + "/rules.toml ";
  place->write("empty.h5", "");
  place->write("text.h5", "this is not HDF5");
  place->write("bad.toml", "book = \"book.h5\"\ncolour = 3\n");
  std::string const whole = place->read("book.h5");
  place->write("cut.h5", whole.substr(0, whole.size() / 2));
  std::vector<Refused> const cases = {
      {"no scenarios", base + "--scenarios 0 --out no", "scenarios"},
      {"absurd scenarios", base + "--scenarios 99999999999999 --out no", "scenarios"},
      {"no steps", base + "--steps 0 --out no", "steps"},
      {"negative horizon", base + "--horizon-days -1 --out no", "horizon"},
      {"unknown flag", base + "--colour red --out no", "--colour"},
      {"unknown key", "run bad.toml --out no", "colour"},
      {"missing book",
       "run --book none.h5 --market market.h5 --rules " + defaults + "/rules.toml --out no",
       "none.h5"},
      {"empty book",
       "run --book empty.h5 --market market.h5 --rules " + defaults + "/rules.toml --out no",
       "empty.h5"},
      {"foreign book",
       "run --book text.h5 --market market.h5 --rules " + defaults + "/rules.toml --out no",
       "text.h5"},
      {"cut book",
       "run --book cut.h5 --market market.h5 --rules " + defaults + "/rules.toml --out no",
       "cut.h5"},
      {"market as book",
       "run --book market.h5 --market market.h5 --rules " + defaults + "/rules.toml --out no",
       "market.h5"},
      {"rules missing", "run --book book.h5 --market market.h5 --rules none.toml --out no",
       "none.toml"},
      {"out's parent missing", base + "--out none/no", "none"},
      {"out is a file", base + "--out book.h5", "book.h5"},
  };
  for (Refused const& c : cases) {
    Outcome const outcome = place->plimsoll(c.arguments);
    EXPECT_EQ(outcome.code, 2) << c.name << ": " << outcome.err;
    EXPECT_NE(outcome.err.find(c.because), std::string::npos) << c.name << ": " << outcome.err;
    EXPECT_FALSE(place->has("no")) << c.name;
    EXPECT_EQ(place->read("book.h5"), whole) << c.name;
  }
}

TEST_F(SmallRun, ExistingRunNeedsForce) {
  ASSERT_EQ(run("twice").code, 0);
  Outcome const refused = run("twice", "--seed 3");
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("--force"), std::string::npos);
  std::string const before = digest("twice");
  ASSERT_EQ(run("twice", "--seed 3 --force").code, 0);
  EXPECT_NE(digest("twice"), before);
}

// [MiB] that a refusal asks for.
std::uint64_t memory_asked_for(std::string const& message) {
  std::string const before = "Hint: give --memory ";
  std::size_t const at = message.find(before);
  return at == std::string::npos ? 0 : std::stoull(message.substr(at + before.size()));
}

// [byte]
std::uint64_t peak_of(std::string const& manifest) {
  std::string const key = "\"peak_memory_bytes\": ";
  return std::stoull(manifest.substr(manifest.find(key) + key.size()));
}

TEST_F(SmallRun, AMemoryBudgetIsKeptOrRefused) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers take memory of their own";
#endif
  ASSERT_EQ(place
                ->plimsoll("synth --pools 12 --market market.h5 --rules " + defaults +
                           "/rules.toml --leverage 2 --out few.h5")
                .code,
            0);
  std::string const ask = "run --book few.h5 --market market.h5 --rules " + defaults +
                          "/rules.toml --scenarios 400000 --steps 1 --tails all --out ";
  Outcome const refused = place->plimsoll(ask + "tight --memory 64MiB");
  EXPECT_EQ(refused.code, 2) << refused.err;
  EXPECT_NE(refused.err.find("--memory 64MiB"), std::string::npos) << refused.err;
  EXPECT_FALSE(place->has("tight"));
  std::uint64_t const least = memory_asked_for(refused.err);
  ASSERT_GT(least, 64u) << refused.err;
  // A little more, because what is held before the estimate differs by some pages from run to run.
  std::uint64_t const budget = least + 2;
  // What the caller holds is not the program's.
  std::vector<char> const held_by_the_caller(std::size_t{200} << 20, 'x');
  Outcome const kept = place->plimsoll(ask + "kept --memory " + std::to_string(budget) + "MiB");
  ASSERT_EQ(kept.code, 0) << kept.err;
  EXPECT_LE(peak_of(place->read("kept/manifest.json")), budget << 20);
  ASSERT_EQ(place->plimsoll(ask + "free").code, 0);
  EXPECT_EQ(digest("kept"), digest("free"));
}

// What is priced together gives way before the run is refused, and the answer is the same.
TEST_F(SmallRun, AShortBudgetPricesFewerScenariosTogether) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers take memory of their own";
#endif
  std::string const ask = "run --book book.h5 --market market.h5 --rules " + defaults +
                          "/rules.toml --scenarios 60000 --steps 1 --tails none --out ";
  ASSERT_EQ(place->plimsoll(ask + "ample --engine simd").code, 0);
  Outcome const tight = place->plimsoll(ask + "narrow --engine simd --memory 64MiB");
  ASSERT_EQ(tight.code, 0) << tight.err;
  EXPECT_GT(peak_of(place->read("ample/manifest.json")), std::uint64_t{64} << 20);
  EXPECT_LE(peak_of(place->read("narrow/manifest.json")), std::uint64_t{64} << 20);
  EXPECT_EQ(digest("narrow"), digest("ample"));
}

TEST_F(SmallRun, MoreThanTheMachineHasIsRefused) {
  Outcome const machine =
      place->plimsoll("run --book book.h5 --market market.h5 --rules " + defaults +
                      "/rules.toml --scenarios 1000000000000 --out huge");
  EXPECT_EQ(machine.code, 3) << machine.err;
  EXPECT_NE(machine.err.find("this machine has"), std::string::npos) << machine.err;
  EXPECT_FALSE(place->has("huge"));
}

TEST_F(SmallRun, AFullDiskLeavesNoResult) {
  // A limit of 8 KiB a file stands for a disk that fills up while the result is written.
  Outcome const outcome = place->plimsoll("run --book book.h5 --market market.h5 --rules " +
                                              defaults + "/rules.toml --scenarios 400 --out full",
                                          "ulimit -f 8;");
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  EXPECT_NE(outcome.err.find("Hint"), std::string::npos) << outcome.err;
  EXPECT_FALSE(place->has("full/results.h5"));
  EXPECT_FALSE(place->has("full/manifest.json"));
}

}  // namespace
}  // namespace plimsoll
