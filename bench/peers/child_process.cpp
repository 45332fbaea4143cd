#include "bench/peers/child_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace plimsoll::bench {
namespace {

// Ends of which a child inherits none but those that it is given.
std::array<int, 2> pipe_ends() {
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe2");
  return ends;
}

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> const& command) {
  std::array<int, 2> const down = pipe_ends(), up = pipe_ends();
  std::vector<char*> arguments;
  for (std::string const& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, down[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, up[1], STDOUT_FILENO);
  int const failure =
      posix_spawn(&process_, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(down[0]);
  close(up[1]);
  to_ = fdopen(down[1], "w");
  from_ = fdopen(up[0], "r");
  if (failure == 0) return;
  std::fclose(to_);
  std::fclose(from_);
  throw std::system_error(failure, std::generic_category(), command[0]);
}

// A program that reads lines ends when there are no more.
ChildProcess::~ChildProcess() {
  std::fclose(to_);
  std::fclose(from_);
  waitpid(process_, nullptr, 0);
}

void ChildProcess::say(std::string const& line) {
  std::fputs((line + "\n").c_str(), to_);
  std::fflush(to_);
}

std::string ChildProcess::answer() {
  std::string line;
  for (int c; (c = std::fgetc(from_)) != EOF && c != '\n';) line += static_cast<char>(c);
  return line;
}

}  // namespace plimsoll::bench
