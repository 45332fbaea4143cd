// scipy in a process of its own, fed by files in a folder that is removed afterwards. A timed run
// is one line there and one line back.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/peers/child_process.hpp"
#include "bench/peers/products.hpp"

namespace plimsoll::bench {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "plimsoll_peers_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for scipy's files");
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(Folder const&) = delete;
  Folder& operator=(Folder const&) = delete;
  fs::path const& path() const { return path_; }

 private:
  fs::path path_;
};

template <class T>
void write(fs::path const& path, std::vector<T> const& values) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<char const*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(T)));
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

template <class T>
std::vector<T> read(fs::path const& path, std::size_t count) {
  std::vector<T> values(count);
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(values.data()),
            static_cast<std::streamsize>(count * sizeof(T)));
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return values;
}

void export_problem(fs::path const& folder, PeerShare const& share) {
  Problem const& problem = share.problem;
  write(folder / "begin.i32", problem.begin);
  write(folder / "index.i32", problem.index);
  write(folder / "weight.f32", problem.weight);
  write(folder / "cash.f32", problem.cash);
  write(folder / "values.f32", problem.values);
  std::ofstream(folder / "problem.json") << nlohmann::json{{"pools", share.pools},
                                                           {"rows", problem.rows},
                                                           {"columns", problem.columns},
                                                           {"threads", share.threads}};
}

class ScipyPeer final : public Contestant {
 public:
  explicit ScipyPeer(PeerShare const& share)
      : pools_(share.pools), columns_(share.problem.columns), suffix_(share.suffix) {
    export_problem(folder_.path(), share);
    child_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{PLIMSOLL_PYTHON, PLIMSOLL_SCIPY_PEER, folder_.path().string()});
    settings_ = child_->answer();
  }

  bool started() const { return !settings_.empty(); }
  std::string name() const override { return "scipy CSR x dense" + suffix_; }
  std::string description() const override { return settings_; }
  std::uint32_t pools() const override { return pools_; }

  Answer answer() override {
    ask("answer");
    Answer answer = {read<std::uint32_t>(folder_.path() / "breaches.u32", pools_),
                     CellFlags(pools_, columns_), true};
    std::size_t const bytes = (columns_ + 7) / 8;  // of a pool, lowest bit first
    auto const bits = read<std::uint8_t>(folder_.path() / "flags.u8", pools_ * bytes);
    for (std::uint32_t pool = 0; pool < pools_; ++pool)
      for (std::uint32_t column = 0; column < columns_; ++column)
        if ((bits[pool * bytes + column / 8] >> (column % 8) & 1) != 0)
          answer.flags.set(pool, column);
    return answer;
  }

  std::uint64_t run() override { return ask("run"); }

 private:
  std::uint64_t ask(char const* what) {
    child_->say(what);
    std::string const line = child_->answer();
    if (line.empty()) throw std::runtime_error("scipy ended before its time");
    return std::stoull(line);
  }

  std::uint32_t pools_;
  std::uint32_t columns_;
  std::string suffix_, settings_;
  Folder folder_;
  std::unique_ptr<ChildProcess> child_;
};

}  // namespace

std::unique_ptr<Contestant> scipy_peer(PeerShare const& share) {
  std::signal(SIGPIPE, SIG_IGN);  // a child that is gone is seen by its silence
  auto peer = std::make_unique<ScipyPeer>(share);
  if (peer->started()) return peer;
  std::fprintf(stderr, "scipy is left out: %s cannot import it\n", PLIMSOLL_PYTHON);
  return nullptr;
}

}  // namespace plimsoll::bench
