// Cases that fail on purpose: each runs in a child process (this program again, with the case's name as its
// argument and its settings in the environment); the parent checks the exit code and what was said on stderr.
#pragma once
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <sstream>
#include <string>

#include "check.h"

inline const char* only = nullptr;  // in a child: the case to run

// Runs a case with extra environment ("A=1 B=2"); returns its exit code, and what it said on stderr.
inline int child(const char* name, const std::string& env, std::string* said) {
  std::fflush(stdout);
  int fd[2];
  if (pipe(fd)) std::exit(2);
  pid_t pid = fork();
  if (pid == 0) {
    dup2(fd[1], 2);
    close(fd[0]);
    std::istringstream words(env);
    for (std::string w; words >> w;) { size_t eq = w.find('='); setenv(w.substr(0, eq).c_str(), w.c_str() + eq + 1, 1); }
    execl("/proc/self/exe", "child", name, (char*)nullptr);
    std::_Exit(3);
  }
  close(fd[1]);
  char buf[4096];
  said->clear();
  for (ssize_t n; (n = read(fd[0], buf, sizeof buf)) > 0;) said->append(buf, size_t(n));
  close(fd[0]);
  int st = 0;
  waitpid(pid, &st, 0);
  return WIFEXITED(st) ? WEXITSTATUS(st) : 255;
}
// The error a synchronise reports, folded to one byte.
inline int after() { return int(cudaDeviceSynchronize()) % 256; }

inline void expect(const char* name, const char* env, int want, const char* text, const std::function<int()>& f) {
  if (only) { if (!std::strcmp(only, name)) std::exit(f()); return; }
  std::string said;
  int got = child(name, env ? env : "", &said);
  if (got != want % 256 || (text && said.find(text) == std::string::npos)) { std::printf("FAIL %s: code %d, expected %d%s%s; said: %s\n", name, got, want % 256, text ? " and " : "", text ? text : "", said.c_str()); ++failures; }
}
