// The program as a person runs it: a command line, its exit code, what it printed.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace plimsoll {

struct Outcome {
  int code = -1;
  std::string out, err;
};

// What stands before the program so that CUDA runs on the simulator; nothing where it was not
// built.
inline std::string simulated() {
#ifdef PLIMSOLL_CUDASIM_FOLDER
  return "LD_LIBRARY_PATH=" PLIMSOLL_CUDASIM_FOLDER " SIMT_THREADS=2 SIMT_QUIET=1";
#else
  return "";
#endif
}

// A folder of its own that disappears with the test.
class Workplace {
 public:
  Workplace() {
    std::string name = (std::filesystem::temp_directory_path() / "plimsoll-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = name;
  }
  ~Workplace() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Workplace(Workplace const&) = delete;
  Workplace& operator=(Workplace const&) = delete;

  std::string file(std::string const& name) const { return path_ + "/" + name; }
  bool has(std::string const& name) const { return std::filesystem::exists(file(name)); }
  void write(std::string const& name, std::string const& text) const {
    std::ofstream(file(name), std::ios::binary) << text;
  }
  std::string read(std::string const& name) const {
    std::ifstream stream(file(name), std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
  }

  // Runs `plimsoll ARGUMENTS` with this folder as working directory; `before` may set limits or the
  // environment in the shell.
  Outcome plimsoll(std::string const& arguments, std::string const& before = "") const {
    std::string const command = "cd '" + path_ + "' && " + before + " " PLIMSOLL_PROGRAM " " +
                                arguments + " >stdout.txt 2>stderr.txt </dev/null";
    int const status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, read("stdout.txt"), read("stderr.txt")};
  }

 private:
  std::string path_;
};

}  // namespace plimsoll
