// Runs of several ranks over MPI: the same result as of one process, and a rank that dies ends a
// run that goes on later.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <algorithm>
#include <random>
#include <thread>

#include "tests/program/refused.hpp"

namespace plimsoll {
namespace {

std::string const packs = "--rules " PLIMSOLL_SOURCE_DIR "/datasets/default/rules.toml ";
std::string const night =
    "run --book night.h5 --market night-market.h5 " + packs + "--scenarios 400 --threads 1 ";
constexpr int pools = 900;

// More ranks than processors, as root, without a network of more than this machine.
std::string mpirun(unsigned ranks) {
  return "env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 "
         "OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_btl=self,vader " PLIMSOLL_MPIRUN " -n " +
         std::to_string(ranks);
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  std::error_code error;
  for (auto const& entry : std::filesystem::directory_iterator("/proc", error)) {
    std::string const name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream stat(entry.path() / "stat");
    std::string const text{std::istreambuf_iterator<char>(stat), {}};
    std::size_t const end = text.rfind(')');
    if (end == std::string::npos || text.size() < end + 5) continue;
    if (std::atol(text.c_str() + text.find(' ', end + 2)) == parent)
      children.push_back(std::stoi(name));
  }
  std::sort(children.begin(), children.end());
  return children;
}

class Ranks : public testing::Test {
 protected:
  void SetUp() override {
    must("import --factors " PLIMSOLL_SOURCE_DIR
         "/datasets/default/factors.csv --correlation " PLIMSOLL_SOURCE_DIR
         "/datasets/default/correlation.csv --as-of 2025-08-13 --degrees-of-freedom 6.323 "
         "--constant USDT=1 --out night-market.h5");
    must("synth --pools " + std::to_string(pools) + " --market night-market.h5 " + packs +
         "--out night.h5");
    summary_ = must(night + "--out whole").out;
    whole_ = digest("whole");
  }

  Outcome must(std::string const& command, std::string const& before = "") {
    Outcome outcome = place.plimsoll(command, before);
    EXPECT_EQ(outcome.code, 0) << before << command << ": " << outcome.err;
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

  pid_t start(std::string const& command) const {
    pid_t const child = ::fork();
    if (child != 0) return child;
    if (::chdir(place.file("").c_str()) != 0) ::_exit(99);
    ::dup2(::open("child.out", O_WRONLY | O_CREAT | O_TRUNC, 0666), STDOUT_FILENO);
    ::dup2(::open("child.err", O_WRONLY | O_CREAT | O_TRUNC, 0666), STDERR_FILENO);
    ::execl("/bin/sh", "sh", "-c", ("exec " + command).c_str(), nullptr);
    ::_exit(99);
  }

  // Runs `command` into `folder` until `at` slices are finished and a moment of `spins` looks has
  // passed, then calls `stop` with the process of mpirun. Returns mpirun's status.
  template <class Stop>
  int stop(std::string const& command, std::string const& folder, std::size_t at, unsigned spins,
           Stop const& stop) const {
    pid_t const child = start(command);
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) {
      if (finished(folder) >= at && spins-- == 0) {
        stop(child);
        ::waitpid(child, &status, 0);
        break;
      }
      std::this_thread::yield();
    }
    return status;
  }

  Workplace place;
  std::string whole_, summary_;
};

TEST_F(Ranks, OfAnyNumberGiveTheResultOfOneProcess) {
  for (unsigned const ranks : {1u, 2u, 3u, 4u, 8u}) {
    std::string const folder = "r" + std::to_string(ranks);
    Outcome const outcome = must(night + "--out " + folder, mpirun(ranks));
    EXPECT_EQ(digest(folder), whole_) << ranks;
    EXPECT_EQ(outcome.out, summary_) << ranks;
  }
}

TEST_F(Ranks, OfSeveralSlicesEachUnderSeveralPacksWithAllTails) {
  std::ifstream stream(PLIMSOLL_SOURCE_DIR "/datasets/default/rules.toml");
  std::string rules{std::istreambuf_iterator<char>(stream), {}};
  std::string const name = "name = \"default\"";
  ASSERT_NE(rules.find(name), std::string::npos);
  place.write("second.toml", rules.replace(rules.find(name), name.size(), "name = \"second\""));
  std::string const many = "run --book night.h5 --market night-market.h5 " + packs +
                           "--rules second.toml --scenarios 150 --tails all --threads 1 ";
  must(many + "--out one");
  must(many + "--slice 100 --out ranks", mpirun(3));
  EXPECT_EQ(digest("ranks"), digest("one"));
}

// Each rank may have another engine.
TEST_F(Ranks, OnDifferentEnginesGiveTheSame) {
  std::string const program =
      std::string(" " PLIMSOLL_PROGRAM " ") + night + "--out mixed --engine ";
  std::string mixed = night + "--out mixed --engine simd : -n 1" + program + "reference";
#ifdef PLIMSOLL_CUDASIM_FOLDER
  mixed += " : -n 1 env LD_LIBRARY_PATH=" PLIMSOLL_CUDASIM_FOLDER " SIMT_THREADS=1 SIMT_QUIET=1" +
           program + "cuda";
#endif
  must(mixed, mpirun(1));
  EXPECT_EQ(digest("mixed"), whole_);
  EXPECT_NE(place.read("mixed/run.log").find("reference"), std::string::npos);
}

TEST_F(Ranks, OfWhichOneDiesAtAnyMomentGoOn) {
  std::mt19937 random(1);
  for (unsigned i = 0; i < 8; ++i) {
    std::string const folder = "dead" + std::to_string(i);
    std::string const command = night + "--slice 60 --out " + folder;
    auto const spins = static_cast<unsigned>(random() % 300);
    int const status =
        stop(mpirun(3) + " " PLIMSOLL_PROGRAM " " + command, folder, i, spins, [&](pid_t mpi) {
          std::vector<pid_t> const ranks = children_of(mpi);
          if (!ranks.empty()) ::kill(ranks[random() % ranks.size()], SIGKILL);
        });
    bool const complete = place.has(folder + "/manifest.json");
    // A rank may die when everything is done.
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
      EXPECT_TRUE(complete);
    }
    if (complete) {
      EXPECT_EQ(digest(folder), whole_) << folder;
      continue;
    }
    if (place.has(folder + "/.plimsoll-partial"))
      must(command + " --resume", mpirun(i % 2 == 0 ? 3 : 2));
    else
      must(command, mpirun(3));
    EXPECT_EQ(digest(folder), whole_) << folder;
  }
}

TEST_F(Ranks, ToldToStopGoOnInOneProcess) {
  std::string const command = night + "--slice 60 --out told";
  stop(mpirun(3) + " " PLIMSOLL_PROGRAM " " + command, "told", 2, 0,
       [](pid_t mpi) { ::kill(mpi, SIGTERM); });
  if (!place.has("told/manifest.json")) {
    ASSERT_GE(finished("told"), 2u);
    must(night + "--out told --resume");
    EXPECT_NE(place.read("told/run.log").find("was finished before"), std::string::npos);
  }
  EXPECT_EQ(digest("told"), whole_);
}

TEST_F(Ranks, MakeAgainWhatIsDamaged) {
  std::string const command = night + "--slice 60 --out flipped";
  stop(mpirun(2) + " " PLIMSOLL_PROGRAM " " + command, "flipped", 3, 0, [](pid_t mpi) {
    for (pid_t const rank : children_of(mpi)) ::kill(rank, SIGKILL);
  });
  if (place.has("flipped/manifest.json")) GTEST_SKIP() << "the run was over before it was stopped";
  std::string const shards = place.file("flipped/.plimsoll-partial/shards");
  std::vector<std::string> files;
  for (auto const& entry : std::filesystem::directory_iterator(shards))
    if (entry.path().extension() == ".h5") files.push_back(entry.path());
  ASSERT_GE(files.size(), 2u);
  std::fstream damaged(files[0], std::ios::in | std::ios::out | std::ios::binary);
  damaged.seekp(static_cast<std::streamoff>(std::filesystem::file_size(files[0]) / 2));
  damaged.write("plimsoll was here", 17);
  damaged.close();
  std::filesystem::resize_file(files[1], std::filesystem::file_size(files[1]) / 2);
  must(command + " --resume", mpirun(2));
  EXPECT_EQ(digest("flipped"), whole_);
}

TEST_F(Ranks, WithOtherInputsAreRefused) {
  must("import --factors " PLIMSOLL_SOURCE_DIR
       "/datasets/default/factors.csv --correlation " PLIMSOLL_SOURCE_DIR
       "/datasets/default/correlation.csv --as-of 2025-08-14 --degrees-of-freedom 5 "
       "--constant USDT=1 --out other-market.h5");
  std::string other = night;
  other.replace(other.find("night-market"), 12, "other-market");
  Outcome const refused = place.plimsoll(
      night + "--out mixed : -n 1 " PLIMSOLL_PROGRAM " " + other + "--out mixed", mpirun(2));
  EXPECT_EQ(refused.code, 2) << refused.err;
  EXPECT_NE(refused.err.find("rank 2: wrong input: "), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("market"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("Hint: "), std::string::npos) << refused.err;
  EXPECT_FALSE(place.has("mixed"));
  // Another number of scenarios is another run too.
  std::string more = night;
  more.replace(more.find("--scenarios 400"), 15, "--scenarios 401");
  Outcome const longer = place.plimsoll(
      night + "--out mixed : -n 1 " PLIMSOLL_PROGRAM " " + more + "--out mixed", mpirun(1));
  EXPECT_EQ(longer.code, 2) << longer.err;
  EXPECT_NE(longer.err.find("\"scenarios\": 400"), std::string::npos) << longer.err;
}

TEST_F(Ranks, SayOnceWhatAllOfThemMiss) {
  Outcome const missing = place.plimsoll(
      "run --book nowhere.h5 --market night-market.h5 " + packs + "--out none", mpirun(3));
  EXPECT_EQ(missing.code, 2) << missing.err;
  std::size_t const first = missing.err.find("ranks 0-2: wrong input: nowhere.h5");
  EXPECT_NE(first, std::string::npos) << missing.err;
  EXPECT_EQ(missing.err.find("nowhere.h5", first + 40), std::string::npos) << missing.err;
  EXPECT_FALSE(place.has("none"));
}

TEST_F(Ranks, MoreThanAccountsAreRefused) {
  must("synth --pools 3 --market night-market.h5 " + packs + "--out few.h5");
  std::string few = night;
  few.replace(few.find("night.h5"), 8, "few.h5");
  Outcome const refused = place.plimsoll(few + "--out few", mpirun(4));
  EXPECT_EQ(refused.code, 2) << refused.err;
  EXPECT_NE(refused.err.find("start fewer ranks"), std::string::npos) << refused.err;
  EXPECT_FALSE(place.has("few"));
}

TEST_F(Ranks, DoNotShareAFolder) {
  Outcome const refused = place.plimsoll(night + "--out whole", mpirun(2));
  EXPECT_EQ(refused.code, 2) << refused.err;
  EXPECT_NE(refused.err.find("already holds a run"), std::string::npos) << refused.err;
  int const log = ::open(place.file("whole/run.log").c_str(), O_RDWR);
  ASSERT_EQ(::flock(log, LOCK_EX | LOCK_NB), 0);
  Outcome const locked = place.plimsoll(night + "--force --out whole", mpirun(2));
  EXPECT_EQ(locked.code, 2) << locked.err;
  EXPECT_NE(locked.err.find("another run is writing into it"), std::string::npos) << locked.err;
  ::close(log);
  EXPECT_EQ(digest("whole"), whole_);
}

// A folder stands where the file of the last slice belongs.
TEST_F(Ranks, OfWhichOneCannotWriteEndWithItsName) {
  std::string const command = night + "--slice 60 --out full";
  stop(mpirun(2) + " " PLIMSOLL_PROGRAM " " + command, "full", 1, 0, [](pid_t mpi) {
    for (pid_t const rank : children_of(mpi)) ::kill(rank, SIGKILL);
  });
  if (place.has("full/manifest.json")) GTEST_SKIP() << "the run was over before it was stopped";
  std::string plan = place.read("full/.plimsoll-partial/plan.json");
  plan.erase(0, plan.find("\"cuts\""));
  auto const last = std::count(plan.begin(), plan.end(), ',') - 1;
  std::string const name = std::to_string(100000 + last).substr(1) + ".h5";
  std::string const in_the_way = place.file("full/.plimsoll-partial/shards/" + name);
  std::filesystem::remove(in_the_way);
  std::filesystem::create_directories(in_the_way + "/something");
  Outcome const refused = place.plimsoll(command + " --resume", mpirun(2));
  EXPECT_EQ(refused.code, 2) << refused.err;
  EXPECT_NE(refused.err.find("rank 1 of 2 on "), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find(name), std::string::npos) << refused.err;
  EXPECT_FALSE(place.has("full/manifest.json"));
  std::filesystem::remove_all(in_the_way);
  must(command + " --resume", mpirun(2));
  EXPECT_EQ(digest("full"), whole_);
}

}  // namespace
}  // namespace plimsoll
