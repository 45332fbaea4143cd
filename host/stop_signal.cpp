#include "host/stop_signal.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>

#include "host/error.hpp"

namespace plimsoll {
namespace {

// A handler may call little else than write() and _exit(): the text is made beforehand, in one of
// two places, so that it is whole at every moment.
std::array<std::array<char, 512>, 2> text;
std::array<std::size_t, 2> length;
std::atomic<int> current{0};

extern "C" void leave(int) {
  auto const at = static_cast<std::size_t>(current.load());
  ssize_t const written = ::write(STDERR_FILENO, text[at].data(), length[at]);
  static_cast<void>(written);  // nobody is left to be told
  ::_exit(static_cast<int>(ExitCode::stopped));
}

}  // namespace

void leave_when_told(std::string const& message) {
  auto const next = static_cast<std::size_t>(1 - current.load());
  length[next] = std::min(message.size(), text[next].size());
  std::copy_n(message.begin(), length[next], text[next].begin());
  current.store(static_cast<int>(next));
  for (int const signal : {SIGTERM, SIGINT}) {
    struct sigaction old {};
    if (::sigaction(signal, nullptr, &old) != 0 || old.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = leave;
    ::sigaction(signal, &action, nullptr);
  }
}

}  // namespace plimsoll
