// Faults that some ranks find and all must end by.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "host/ranks.hpp"
#include "kernels/engine.hpp"

namespace plimsoll {
namespace {

bool together = false;

// The exit code as a letter, then what was wrong; nothing where nothing was.
std::string fault_of(std::function<void()> const& act) {
  auto const text = [](ExitCode code, std::string_view kind, char const* what) {
    return fmt::format("{}{}: {}", static_cast<int>(code), kind, what);
  };
  try {
    act();
    return "";
  } catch (InputError const& error) {
    return text(ExitCode::wrong_input, "wrong input", error.what());
  } catch (MachineError const& error) {
    return text(ExitCode::machine, "device", error.what());
  } catch (SystemError const& error) {
    return text(ExitCode::machine, "system", error.what());
  }
}

// "rank 3", "ranks 0-3", "ranks 0, 2-3"
std::string in_words(std::vector<std::size_t> const& ranks) {
  std::string text;
  for (std::size_t i = 0; i < ranks.size();) {
    std::size_t last = i;
    while (last + 1 < ranks.size() && ranks[last + 1] == ranks[last] + 1) ++last;
    text += (i == 0 ? "" : ", ") + std::to_string(ranks[i]);
    if (last > i) text += "-" + std::to_string(ranks[last]);
    i = last + 1;
  }
  return (ranks.size() == 1 ? "rank " : "ranks ") + text;
}

std::string verdict_on(std::vector<std::string> const& faults) {
  std::map<std::string, std::vector<std::size_t>> found;
  for (std::size_t rank = 0; rank < faults.size(); ++rank)
    if (!faults[rank].empty()) found[faults[rank]].push_back(rank);
  if (found.empty()) return "";
  std::string text(1, found.begin()->first.front());
  for (auto const& [fault, ranks] : found)
    text += fmt::format("{}{}: {}", text.size() == 1 ? "" : "\nplimsoll: ", in_words(ranks),
                        fault.substr(1));
  return text;
}

}  // namespace

void on_all(Ranks& ranks, std::function<void()> const& act) {
  std::vector<std::string> const faults = ranks.gather(fault_of(act));
  std::string const verdict = ranks.broadcast(ranks.first() ? verdict_on(faults) : "");
  if (verdict.empty()) return;
  together = true;
  throw EndOfRanks(verdict.substr(1), static_cast<ExitCode>(verdict.front() - '0'));
}

bool ended_together() {
  return together;
}

}  // namespace plimsoll
