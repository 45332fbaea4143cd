// Where a file comes from: written as attributes of its root, left out of the digest.
#pragma once

#include <string>
#include <vector>

namespace plimsoll {

struct InputFile {
  std::string role;    // "book", "market", "rules", "prices", ...
  std::string path;    // as given
  std::string sha256;  // of the bytes of the file, hex
};

struct Provenance {
  std::string program_version;
  std::string commit;
  std::string command;  // echo of what made the file: arguments or configuration, one line
  std::vector<InputFile> inputs;
};

}  // namespace plimsoll
