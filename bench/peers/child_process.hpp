// A program with which one talks by lines.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

namespace plimsoll::bench {

class ChildProcess {
 public:
  // Throws std::system_error where it cannot be started; a program that ends at once is seen by
  // the first answer.
  explicit ChildProcess(std::vector<std::string> const& command);
  ~ChildProcess();
  ChildProcess(ChildProcess const&) = delete;
  ChildProcess& operator=(ChildProcess const&) = delete;

  void say(std::string const& line);
  std::string answer();  // the next line without its end; empty where the program has ended

 private:
  pid_t process_ = -1;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
};

}  // namespace plimsoll::bench
