// run.toml: everything a flag can say, echoed and read again; and what is refused.
#include "host/run_config.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <string>

#include "host/error.hpp"

namespace plimsoll {
namespace {

RunConfig parsed(std::string const& text) {
  return parse_run_config(text, "run.toml");
}

RunConfig complete() {
  RunConfig config;
  config.book = "out/book.h5";
  config.market = "out/market.h5";
  config.rules = {"a.toml", "b \"quoted\".toml"};
  config.out = "out/run";
  return config;
}

std::string refusal(std::string const& text) {
  try {
    (void)parsed(text);
  } catch (InputError const& error) {
    return error.what();
  }
  return "accepted";
}

TEST(RunConfig, ReadsEveryKey) {
  RunConfig const config = parsed(
      "book = \"b.h5\"\nmarket = \"m.h5\"\nrules = [\"r.toml\", \"s.toml\"]\nmoves = \"t.csv\"\n"
      "scenarios = 1_000_000\nhorizon_days = 2.5\nsteps = 3\nseed = 7\ntails = \"all\"\n"
      "engine = \"simd\"\nthreads = 8\nmemory = \"4GiB\"\ntile = 64\nbatch = 4096\n"
      "out = \"run\"\nforce = true\n");
  EXPECT_EQ(config.book, "b.h5");
  EXPECT_EQ(config.market, "m.h5");
  EXPECT_EQ(config.rules, (std::vector<std::string>{"r.toml", "s.toml"}));
  EXPECT_EQ(config.moves, "t.csv");
  EXPECT_EQ(config.scenarios, 1000000u);
  EXPECT_EQ(config.horizon_days, 2.5);
  EXPECT_TRUE(config.horizon_given);
  EXPECT_EQ(config.steps, 3u);
  EXPECT_EQ(config.seed, 7u);
  EXPECT_EQ(config.tails, Tails::all);
  EXPECT_EQ(config.engine, "simd");
  EXPECT_EQ(config.threads, 8u);
  EXPECT_EQ(config.memory, std::uint64_t{4} << 30);
  EXPECT_EQ(config.tile, 64u);
  EXPECT_EQ(config.batch, 4096u);
  EXPECT_EQ(config.out, "run");
  EXPECT_TRUE(config.force);
}

TEST(RunConfig, ReadsAFile) {
  std::string const path = testing::TempDir() + "plimsoll_run_config.toml";
  std::ofstream(path) << "steps = 5\nrules = \"only.toml\"\n";
  RunConfig const config = read_run_config(path);
  EXPECT_EQ(config.steps, 5u);
  EXPECT_FALSE(config.horizon_given);
  EXPECT_EQ(config.rules, std::vector<std::string>{"only.toml"});
  EXPECT_EQ(config.scenarios, RunConfig{}.scenarios);
  EXPECT_THROW((void)read_run_config(testing::TempDir() + "absent/run.toml"), InputError);
}

TEST(RunConfig, EchoReadsBackAsTheSame) {
  RunConfig config = complete();
  EXPECT_EQ(to_toml(parsed(to_toml(config))), to_toml(config));
  EXPECT_EQ(parsed(to_toml(config)).rules, config.rules);
  config.horizon_days = 1.0 / 3.0;
  config.seed = std::numeric_limits<std::int64_t>::max();
  config.memory = (std::uint64_t{3} << 30) + 1;
  config.tails = Tails::none;
  config.force = true;
  RunConfig const again = parsed(to_toml(config));
  EXPECT_EQ(again.horizon_days, config.horizon_days);
  EXPECT_EQ(again.seed, config.seed);
  EXPECT_EQ(again.memory, config.memory);
  EXPECT_EQ(again.tails, Tails::none);
  EXPECT_TRUE(again.force);
  check_run_config(again);
}

TEST(RunConfig, RefusesUnknownKeysAndWrongTypesNamingTheLine) {
  struct Case {
    char const* line;
    char const* key;
  };
  for (Case const c : {Case{"scenario = 3", "scenario"},
                       {"[run]", "run"},
                       {"scenarios = 1e6", "scenarios"},
                       {"scenarios = \"3\"", "scenarios"},
                       {"steps = 2.0", "steps"},
                       {"seed = true", "seed"},
                       {"horizon_days = \"2\"", "horizon_days"},
                       {"tails = 3", "tails"},
                       {"book = 3", "book"},
                       {"rules = 3", "rules"},
                       {"rules = [3]", "rules"},
                       {"rules = [[\"a\"]]", "rules"},
                       {"memory = 4.5", "memory"},
                       {"force = 1", "force"},
                       {"force = \"true\"", "force"},
                       {"out = [\"a\"]", "out"},
                       {"threads = -1", "threads"},
                       {"tile = \"8\"", "tile"}}) {
    std::string const message = refusal(std::string("# comment\n") + c.line + "\n");
    EXPECT_EQ(message.find("run.toml:2:"), 0u) << c.line << ": " << message;
    EXPECT_NE(message.find(fmt::format("key '{}'", c.key)), std::string::npos) << message;
    EXPECT_NE(message.find("Hint: "), std::string::npos) << message;
  }
}

TEST(RunConfig, RefusesAbsurdFiguresNamingTheLine) {
  for (char const* line :
       {"scenarios = 0",      "scenarios = -5",     "scenarios = 1_099_511_627_777",
        "steps = 0",          "steps = 65",         "steps = 4294967297",
        "horizon_days = 0",   "horizon_days = -1",  "horizon_days = 365.5",
        "horizon_days = nan", "horizon_days = inf", "seed = -1",
        "threads = 4097",     "tile = 1048577",     "batch = 2147483649",
        "memory = 0",         "memory = -1",        "memory = \"4 parsecs\"",
        "memory = \"1MiB\"",  "tails = \"some\"",   "book = \"\"",
        "engine = \"\"",      "rules = [\"\"]"}) {
    std::string const message = refusal(std::string("force = false\n") + line + "\n");
    EXPECT_EQ(message.find("run.toml:2:"), 0u) << line << ": " << message;
    EXPECT_NE(message.find("Hint: "), std::string::npos) << message;
  }
  EXPECT_EQ(refusal("steps = 3\nsteps = 4").find("run.toml:2:"), 0u);
}

TEST(RunConfig, ChecksWhatFlagsSaid) {
  check_run_config(complete());
  auto const refused = [](auto change) {
    RunConfig config = complete();
    change(config);
    EXPECT_THROW(check_run_config(config), InputError) << to_toml(config);
  };
  refused([](RunConfig& c) { c.book.clear(); });
  refused([](RunConfig& c) { c.market.clear(); });
  refused([](RunConfig& c) { c.rules.clear(); });
  refused([](RunConfig& c) { c.rules = {"a.toml", "b.toml", "a.toml"}; });
  refused([](RunConfig& c) { c.rules = {""}; });
  refused([](RunConfig& c) { c.out.clear(); });
  refused([](RunConfig& c) { c.engine.clear(); });
  refused([](RunConfig& c) { c.scenarios = 0; });
  refused([](RunConfig& c) { c.scenarios = (std::uint64_t{1} << 40) + 1; });
  refused([](RunConfig& c) { c.steps = 0; });
  refused([](RunConfig& c) { c.steps = 65; });
  refused([](RunConfig& c) { c.seed = std::uint64_t{1} << 63; });
  refused([](RunConfig& c) { c.horizon_days = 0; });
  refused([](RunConfig& c) { c.horizon_days = 366; });
  refused([](RunConfig& c) { c.horizon_days = std::numeric_limits<double>::quiet_NaN(); });
  refused([](RunConfig& c) { c.threads = 4097; });
  refused([](RunConfig& c) { c.tile = (1u << 20) + 1; });
  refused([](RunConfig& c) { c.batch = (1u << 31) + 1; });
  refused([](RunConfig& c) { c.memory = 1; });
}

TEST(RunConfig, AcceptsTheEndsOfEachRange) {
  RunConfig config = complete();
  config.scenarios = std::uint64_t{1} << 40;
  config.steps = 64;
  config.horizon_days = 365;
  config.threads = 4096;
  config.seed = std::numeric_limits<std::int64_t>::max();
  check_run_config(config);
  config.scenarios = 1;
  config.steps = 1;
  config.horizon_days = 1e-6;
  config.seed = 0;
  check_run_config(config);
}

TEST(ParseBytes, KnowsItsUnits) {
  EXPECT_EQ(parse_bytes("65536"), 65536u);
  EXPECT_EQ(parse_bytes("1B"), 1u);
  EXPECT_EQ(parse_bytes("4GiB"), std::uint64_t{4} << 30);
  EXPECT_EQ(parse_bytes("512 MiB"), std::uint64_t{512} << 20);
  EXPECT_EQ(parse_bytes("1.5GB"), 1500000000u);
  EXPECT_EQ(parse_bytes("2KiB"), 2048u);
  EXPECT_EQ(parse_bytes("1TiB"), std::uint64_t{1} << 40);
}

TEST(ParseBytes, RefusesTheRest) {
  for (char const* text : {"", "GiB", "-1GiB", "0", "4 GiBs", "4gib", "nan", "inf", "1e30",
                           "2000 TiB", "4GiB ", " 4GiB", "0x10", "4,5GiB"}) {
    EXPECT_THROW((void)parse_bytes(text), InputError) << text;
  }
}

TEST(ParseTails, KnowsThreeWords) {
  EXPECT_EQ(parse_tails("all"), Tails::all);
  EXPECT_EQ(parse_tails("flagged"), Tails::flagged);
  EXPECT_EQ(parse_tails("none"), Tails::none);
  EXPECT_THROW((void)parse_tails("All"), InputError);
  EXPECT_THROW((void)parse_tails(""), InputError);
}

}  // namespace
}  // namespace plimsoll
