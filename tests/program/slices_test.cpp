// Runs in slices: the same result as in one piece, and stopped at any moment they go on.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <thread>

#include "tests/program/refused.hpp"

namespace plimsoll {
namespace {

std::string const packs = "--rules " PLIMSOLL_SOURCE_DIR "/datasets/default/rules.toml ";
std::string const night =
    "run --book night.h5 --market night-market.h5 " + packs + "--scenarios 400 --threads 2 ";
constexpr int pools = 900;
constexpr std::size_t slices = 9;
std::string const sliced = "--slice 100 ";

std::string default_rules() {
  std::ifstream stream(PLIMSOLL_SOURCE_DIR "/datasets/default/rules.toml");
  return {std::istreambuf_iterator<char>(stream), {}};
}

class Slices : public testing::Test {
 protected:
  void SetUp() override {
    import_market();
    must("synth --pools " + std::to_string(pools) + " --market night-market.h5 " + packs +
         "--out night.h5");
    must(night + "--out whole");
    whole_ = digest("whole");
  }

  void import_market() {
    must("import --factors " PLIMSOLL_SOURCE_DIR
         "/datasets/default/factors.csv --correlation " PLIMSOLL_SOURCE_DIR
         "/datasets/default/correlation.csv --as-of 2025-08-13 --degrees-of-freedom 6.323 "
         "--constant USDT=1 --out night-market.h5");
  }

  Outcome must(std::string const& command) {
    Outcome outcome = place.plimsoll(command);
    EXPECT_EQ(outcome.code, 0) << command << ": " << outcome.err;
    return outcome;
  }
  std::string digest(std::string const& folder) {
    return must("digest " + folder + "/results.h5").out;
  }
  std::size_t finished(std::string const& folder) const {
    std::error_code error;
    std::size_t count = 0;
    for (auto const& entry : std::filesystem::directory_iterator(
             place.file(folder + "/.plimsoll-partial/shards"), error))
      count += entry.path().extension() == ".h5" ? 1 : 0;
    return count;
  }
  std::size_t in_log(std::string const& folder, std::string const& text) const {
    std::string const log = place.read(folder + "/run.log");
    std::size_t count = 0;
    for (std::size_t at = log.find(text); at != std::string::npos; at = log.find(text, at + 1))
      ++count;
    return count;
  }

  // Starts the program; the caller waits for it.
  pid_t start(std::string const& command) const {
    pid_t const child = ::fork();
    if (child != 0) return child;
    if (::chdir(place.file("").c_str()) != 0) ::_exit(99);
    ::dup2(::open("child.out", O_WRONLY | O_CREAT | O_TRUNC, 0666), STDOUT_FILENO);
    ::dup2(::open("child.err", O_WRONLY | O_CREAT | O_TRUNC, 0666), STDERR_FILENO);
    ::execl("/bin/sh", "sh", "-c", ("exec " PLIMSOLL_PROGRAM " " + command).c_str(), nullptr);
    ::_exit(99);
  }

  // Runs `command` into `folder` until `at` slices are finished there and then for a moment of
  // `spins` looks more, and sends `signal`. Returns the status of the process.
  int stop(std::string const& command, std::string const& folder, std::size_t at, unsigned spins,
           int signal) const {
    pid_t const child = start(command);
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
      if (finished(folder) >= at && spins-- == 0) {
        ::kill(child, signal);
        ::waitpid(child, &status, 0);
        break;
      }
      std::this_thread::yield();
    }
    return status;
  }

  Workplace place;
  std::string whole_;
};

TEST_F(Slices, OfAnySizeGiveTheResultOfOnePiece) {
  std::string const summary = must(night + "--out again").out;
  for (int const size : {7, 37, 100, 450, 899, 900, 5000}) {
    std::string const folder = "s" + std::to_string(size);
    Outcome const outcome = must(night + "--slice " + std::to_string(size) + " --out " + folder);
    EXPECT_EQ(digest(folder), whole_) << size;
    EXPECT_EQ(outcome.out, summary) << size;
  }
}

// A JSON object a line, with the figures that the words have.
TEST_F(Slices, LogForMachinesWhenAsked) {
  must(night + sliced + "--log-format json --out logged");
  std::istringstream log(place.read("logged/run.log"));
  std::map<std::string, int> events;
  std::uint64_t pools_of_slices = 0;
  for (std::string line; std::getline(log, line);) {
    auto const event = nlohmann::json::parse(line);
    EXPECT_TRUE(event.at("time").is_string()) << line;
    std::string const name = event.at("event");
    ++events[name];
    if (name == "slice") pools_of_slices += event.at("pools").get<std::uint64_t>();
    if (name == "progress") {
      EXPECT_EQ(event.at("of_slices"), slices) << line;
      EXPECT_GE(event.at("seconds_left").get<double>(), 0.0) << line;
    }
  }
  EXPECT_EQ(events["read"], 1);
  EXPECT_EQ(events["slice"], static_cast<int>(slices));
  EXPECT_EQ(events["progress"], static_cast<int>(slices) - 1);
  EXPECT_EQ(events["written"], 1);
  EXPECT_EQ(pools_of_slices, std::uint64_t{pools});
  EXPECT_EQ(digest("logged"), whole_);
}

TEST_F(Slices, UnderSeveralPacksWithAllTailsOnOtherEngines) {
  std::string const many = "run --book night.h5 --market night-market.h5 " + packs +
                           "--rules second.toml --scenarios 150 --tails all ";
  std::string rules = default_rules();
  std::string const name = "name = \"default\"";
  ASSERT_NE(rules.find(name), std::string::npos);
  place.write("second.toml", rules.replace(rules.find(name), name.size(), "name = \"second\""));
  must(many + "--out one");
  std::string const want = digest("one");
  for (char const* const engine : {"reference", "simd"}) {
    must(many + sliced + "--engine " + engine + " --out " + engine);
    EXPECT_EQ(digest(engine), want) << engine;
  }
}

// How often a run is stopped; scripts/nightly asks for more.
int stopping_points() {
  char const* const asked = std::getenv("PLIMSOLL_STOPPING_POINTS");
  return asked == nullptr ? 50 : std::stoi(asked);
}

TEST_F(Slices, StoppedAtAnyMomentTheyGoOn) {
  std::mt19937 random(20250813);
  int const points = stopping_points();
  int killed = 0, told = 0, ended = 0, differing = 0;
  for (int point = 0; point < points; ++point) {
    std::string const folder = "k" + std::to_string(point);
    std::string const command = night + sliced + "--resume --out " + folder;
    std::size_t const at = static_cast<std::size_t>(point) % slices;
    int const signal = point % 3 == 2 ? SIGTERM : SIGKILL;
    int const status = stop(command, folder, at, static_cast<unsigned>(random() % 400), signal);
    bool const stopped_itself = WIFEXITED(status) && WEXITSTATUS(status) == 5;
    killed += WIFSIGNALED(status) ? 1 : 0;
    told += stopped_itself ? 1 : 0;
    if (WIFSIGNALED(status) || stopped_itself) {
      std::size_t const kept = finished(folder);
      EXPECT_GE(kept, at);
      must(command);
      EXPECT_EQ(in_log(folder, "was finished before"), kept) << "lost or made twice";
    } else {
      ++ended;
      EXPECT_EQ(status, 0) << place.read("child.err");
    }
    bool const differs = digest(folder) != whole_;
    EXPECT_FALSE(differs) << "point " << point;
    differing += differs ? 1 : 0;
    EXPECT_FALSE(place.has(folder + "/.plimsoll-partial"));
    std::filesystem::remove_all(place.file(folder));
  }
  EXPECT_GT(killed + told, points / 2) << "most runs ended before they could be stopped";
  std::printf("%d points: %d killed, %d told to stop, %d ended before; %d differing digests\n",
              points, killed, told, ended, differing);
}

TEST_F(Slices, ASignalToStopLeavesWhatIsFinished) {
  int const status = stop(night + sliced + "--out s", "s", 3, 0, SIGTERM);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) GTEST_SKIP() << "it ended before the signal";
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 5);
  EXPECT_NE(place.read("child.err").find("--resume"), std::string::npos) << place.read("child.err");
  std::size_t const kept = finished("s");
  EXPECT_GE(kept, 3u);
  must(night + sliced + "--resume --out s");
  EXPECT_EQ(in_log("s", "was finished before"), kept);
  EXPECT_EQ(digest("s"), whole_);
}

// A folder with three slices of a run that was killed.
class Stopped : public Slices {
 protected:
  void SetUp() override {
    Slices::SetUp();
    int const status = stop(night + sliced + "--out s", "s", 3, 0, SIGKILL);
    if (!WIFSIGNALED(status)) GTEST_SKIP() << "the run ended before it could be killed";
  }
  std::string shard(int number) const {
    return "s/.plimsoll-partial/shards/0000" + std::to_string(number) + ".h5";
  }
};

TEST_F(Stopped, NothingIsLostUnasked) {
  expect_refused(place, "no flag", night + sliced + "--out s",
                 {"--out s", "stopped", "--resume", "--force"});
  must(night + sliced + "--force --out s");
  EXPECT_EQ(in_log("s", "was finished before"), 0u);
  EXPECT_EQ(digest("s"), whole_);
}

TEST_F(Stopped, SlicesOfAnotherRunAreRefused) {
  auto const refused = [&](std::string const& name, std::string const& command,
                           std::string const& said) {
    expect_refused(place, name, command + "--resume --out s", {"--out s", "another run", said});
  };
  refused("seed", night + sliced + "--seed 2 ", "\"seed\": 1");
  refused("scenarios",
          "run --book night.h5 --market night-market.h5 " + packs + "--scenarios 500 " + sliced,
          "\"scenarios\": 400");
  refused("tails", night + sliced + "--tails none ", "flagged");
  place.write("other.toml", default_rules() + "\n# a word more\n");
  refused(
      "rules",
      "run --book night.h5 --market night-market.h5 --rules other.toml --scenarios 400 " + sliced,
      "rules");
  must("synth --seed 2 --pools " + std::to_string(pools) + " --market night-market.h5 " + packs +
       "--out other.h5");
  refused("book",
          "run --book other.h5 --market night-market.h5 " + packs + "--scenarios 400 " + sliced,
          "book");
  // How large slices would be now does not matter: the book stays cut as it was.
  std::size_t const kept = finished("s");
  must(night + "--slice 90 --resume --out s");
  EXPECT_EQ(in_log("s", "was finished before"), kept);
  EXPECT_EQ(digest("s"), whole_);
}

TEST_F(Stopped, ADamagedSliceIsMadeAgain) {
  std::string const good = place.read(shard(1));
  std::string flipped = good;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 4);
  place.write(shard(0), place.read(shard(1)));  // another's
  place.write(shard(1), flipped);
  place.write(shard(2), place.read(shard(2)).substr(0, good.size() / 2));
  std::size_t const kept = finished("s");
  // The HDF5 library forgets 424 bytes over one of these files, which a leak check would tell.
  Outcome const resumed =
      place.plimsoll(night + sliced + "--resume --out s", "LSAN_OPTIONS=detect_leaks=0");
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(in_log("s", "is made again: "), 3u) << place.read("s/run.log");
  EXPECT_EQ(in_log("s", "was finished before"), kept - 3);
  EXPECT_EQ(digest("s"), whole_);
}

// Accounts of three classes, most of them with a loan that a fall of BTC leaves uncovered; custody
// of the two classes of clients is about what they put in.
class CustodySlices : public Slices {
 protected:
  static constexpr int accounts = 240;
  std::string const held = "run --book held.h5 --market night-market.h5 " + packs +
                           "--scenarios 400 --horizon-days 40 --threads 2 ";

  void SetUp() override {
    import_market();
    write_tables();
    must(
        "import --instruments instruments.csv --accounts accounts.csv --positions positions.csv "
        "--balances balances.csv --custody custody.csv --out held.h5");
    summary_ = must(held + "--out whole").out;
    whole_ = digest("whole");
  }

  void write_tables() const {
    std::mt19937 random(7);
    auto const upto = [&random](unsigned most) { return static_cast<int>(random() % most) + 1; };
    std::string names = "name,class\n", positions, balances;
    for (int a = 0; a < accounts; ++a) {
      std::string const name = "a" + std::to_string(a);
      char const* const classes[] = {"house", "client omnibus", "client segregated"};
      names += name + "," + classes[a % 3] + "\n";
      // In binary fractions that are none in decimals, so that sums of doubles would round.
      for (char const* const contract : {"BTC/USDT:USDT", "ETH/USDT:USDT", "BTC/USD:BTC"}) {
        bool const inverse = std::string_view(contract).ends_with(":BTC");
        int const sign = upto(2) == 1 ? 1 : -1;
        positions += name + ",," + contract + "," +
                     std::to_string(sign * (inverse ? 1e4 : 0.1) * upto(99)) + "," +
                     (std::string_view(contract).starts_with("ETH") ? "4400.1" : "118000.7") + "\n";
      }
      balances += name + ",,BTC," + std::to_string(0.013 * upto(99)) + "\n" + name + ",,USDT," +
                  std::to_string(1777.77 * upto(99)) + "\n";
    }
    place.write("instruments.csv",
                "name,kind,underlying,settle,contract_size\nBTC/USDT:USDT,linear,BTC,USDT,1\n"
                "ETH/USDT:USDT,linear,ETH,USDT,1\nBTC/USD:BTC,inverse,BTC,BTC,1\n");
    place.write("accounts.csv", names);
    place.write("positions.csv", "account,pool,instrument,quantity,entry_price\n" + positions);
    place.write("balances.csv", "account,pool,asset,amount\n" + balances);
    place.write("custody.csv",
                "class,asset,units\nclient omnibus,BTC,51.3\nclient omnibus,USDT,7000000.1\n"
                "client segregated,USDT,12000000\n");
  }

  std::string summary_;
};

TEST_F(CustodySlices, LackWhatOnePieceLacks) {
  EXPECT_NE(summary_.find("no custody given"), std::string::npos) << summary_;
  for (int const size : {1, 7, 37, 100, accounts}) {
    std::string const folder = "s" + std::to_string(size);
    Outcome const outcome = must(held + "--slice " + std::to_string(size) + " --out " + folder);
    EXPECT_EQ(digest(folder), whole_) << size;
    EXPECT_EQ(outcome.out, summary_) << size;
  }
}

TEST_F(CustodySlices, UnderTwoPacksOnTheOtherEngine) {
  std::string rules = default_rules();
  std::string const name = "name = \"default\"";
  ASSERT_NE(rules.find(name), std::string::npos);
  place.write("second.toml", rules.replace(rules.find(name), name.size(), "name = \"second\""));
  std::string const two = held + "--rules second.toml ";
  must(two + "--out one");
  must(two + "--slice 50 --engine reference --out cut");
  EXPECT_EQ(digest("cut"), digest("one"));
}

TEST_F(CustodySlices, KilledTheyGoOn) {
  std::mt19937 random(20250814);
  std::size_t kills = 0;
  for (std::size_t at = 0; at < 8; ++at) {
    std::string const folder = "k" + std::to_string(at);
    std::string const command = held + "--slice 30 --resume --out " + folder;
    int const status = stop(command, folder, at, static_cast<unsigned>(random() % 400), SIGKILL);
    if (WIFSIGNALED(status)) {
      ++kills;
      EXPECT_EQ(must(command).out, summary_);
    }
    EXPECT_EQ(digest(folder), whole_) << at;
  }
  EXPECT_GT(kills, 4u) << "most runs ended before they could be killed";
}

TEST_F(Slices, AFolderWithoutOneOfItsSlicesIsRefused) {
  must(night + sliced + "--out s");
  std::string const good = place.read("s/shards/00004.h5");
  std::filesystem::remove(place.file("s/shards/00004.h5"));
  expect_refused(place, "removed", "digest s/results.h5", {"shards/00004.h5", "cannot be opened"});
  expect_refused(place, "removed", "report s --out r.html", {"shards/00004.h5"});
  place.write("s/shards/00004.h5", place.read("s/shards/00005.h5"));
  expect_refused(place, "swapped", "digest s/results.h5", {"shards/00004.h5", "00005"});
  must(night + sliced + "--seed 2 --out t");
  std::filesystem::copy_file(place.file("t/shards/00004.h5"), place.file("s/shards/00004.h5"),
                             std::filesystem::copy_options::overwrite_existing);
  expect_refused(place, "another run's", "digest s/results.h5", {"shards/00004.h5", "another run"});
  place.write("s/shards/00004.h5", good);
  EXPECT_EQ(digest("s"), whole_);
}

TEST_F(Slices, ARunInSlicesIsReadLikeAnyOther) {
  std::string const summary = must(night + sliced + "--json --out s").out;
  must("report s --out s.html");
  std::string const key = "\"worst_pool\":\"";
  std::size_t const at = summary.find(key);
  ASSERT_NE(at, std::string::npos) << "no pool is flagged";
  std::string const name =
      summary.substr(at + key.size(), summary.find('"', at + key.size()) - at - key.size());
  std::string const explain = " --json --pool '" + name + "'";
  EXPECT_EQ(must("explain s" + explain).out, must("explain whole" + explain).out);
}

}  // namespace
}  // namespace plimsoll
