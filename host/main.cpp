// plimsoll: which margin accounts fall below their line tonight, how likely, how far.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <system_error>

#include "host/commands/command.hpp"
#include "host/error.hpp"
#include "host/ranks.hpp"
#include "host/version.hpp"
#include "kernels/engine.hpp"

namespace plimsoll {
namespace {

std::string typed;

// The exit code must come through even where the message cannot.
int fail(ExitCode code, std::string_view kind, std::string_view message) {
  std::fputs(fmt::format("plimsoll: {}{}: {}\n", rank_in_words(), kind, message).c_str(), stderr);
  return static_cast<int>(code);
}

// A caller may have closed standard output; the first file opened would then take its number, and
// what is printed would land in that file.
void hold_standard_descriptors() {
  for (int const number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(number, F_GETFD) == -1 && errno == EBADF)
      ::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void flush_output() {
  errno = 0;
  bool const printed = std::cout.flush().good();
  bool const flushed = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (printed && flushed) return;
  throw SystemError(fmt::format(
      "write to standard output failed: {}. Hint: check where it is redirected to; files of this "
      "command are complete",
      errno == 0 ? "an earlier write failed" : std::generic_category().message(errno)));
}

int act(int argc, char** argv) {
  CLI::App app{
      "plimsoll: stress of margin accounts. Revalues every account under Monte Carlo shocks and "
      "says\n"
      "which fall below their maintenance margin, how likely and how far.\n"
      "A first tour: synth -> run -> report; every command has --help."};
  app.require_subcommand(1);
  app.set_version_flag("--version",
                       fmt::format("plimsoll {} ({})", program_version, program_commit));
  app.footer(
      "Exit codes: 0 done, 1 fault of the program, 2 wrong input, 3 device, disk or memory,\n"
      "4 done, but some cells lay outside the domain of the arithmetic, 5 stopped by a signal.");
  Action chosen;
  add_run(app, chosen);
  add_ask(app, chosen);
  add_value(app, chosen);
  add_explain(app, chosen);
  add_exposure(app, chosen);
  add_report(app, chosen);
  add_digest(app, chosen);
  add_synth(app, chosen);
  add_import(app, chosen);
  add_calibrate(app, chosen);
  add_window(app, chosen);
  add_engines(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version
    throw InputError("command line", error.what(), "it could not be understood",
                     "see `plimsoll --help`, and --help of each command");
  }
  int const code = chosen();
  flush_output();
  return code;
}

int run_program(int argc, char** argv) {
  // A full disk or file size limit comes back as an error of write, not as a signal.
  std::signal(SIGXFSZ, SIG_IGN);
  hold_standard_descriptors();
  for (int i = 0; i < argc; ++i) typed += (i == 0 ? "" : " ") + std::string(argv[i]);
  try {
    return act(argc, argv);
  } catch (EndOfRanks const& error) {
    if (all_ranks().first())
      std::fputs(fmt::format("plimsoll: {}\n", error.what()).c_str(), stderr);
    return static_cast<int>(error.code);
  } catch (InputError const& error) {
    return fail(ExitCode::wrong_input, "wrong input", error.what());
  } catch (MachineError const& error) {
    return fail(ExitCode::machine, "device", error.what());
  } catch (SystemError const& error) {
    return fail(ExitCode::machine, "system", error.what());
  } catch (std::system_error const& error) {
    return fail(ExitCode::machine, "system",
                fmt::format("{}. Hint: check limits (ulimit -a), rights and disks", error.what()));
  } catch (std::bad_alloc const&) {
    return fail(ExitCode::machine, "memory",
                "not enough memory for this job. Use fewer scenarios, a smaller book, or --batch.");
  } catch (std::exception const& error) {
    return fail(ExitCode::internal, "internal fault, please report it", error.what());
  }
}

}  // namespace

std::string command_line() {
  return typed;
}

}  // namespace plimsoll

int main(int argc, char** argv) {
  return plimsoll::end_ranks(plimsoll::run_program(argc, argv));
}
