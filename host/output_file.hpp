// Output that appears under its name only when it is complete: written beside its final place,
// flushed to the disk, then renamed. A crash leaves at most a file named *.partial-*.
// Trusts: the folder's file system renames atomically (POSIX).
#pragma once

#include <string>
#include <string_view>

namespace plimsoll {

enum class Overwrite : bool { no, yes };

// A file in the making. Refuses at once (InputError) to replace an existing file unless told to,
// and to replace what is not a file in any case; a symbolic link is replaced, not followed. Failing
// system calls throw SystemError with call, file, reason and remedy.
class OutputFile {
 public:
  OutputFile(std::string path, Overwrite overwrite);
  ~OutputFile();  // removes the temporary unless committed
  OutputFile(OutputFile const&) = delete;
  OutputFile& operator=(OutputFile const&) = delete;

  std::string const& path() const { return path_; }
  std::string const& temporary() const { return temporary_; }  // write here; it exists, empty

  void commit();  // flushes to the disk and gives the file its name

 private:
  void rename_over();
  void rename_beside();

  std::string path_, temporary_;
  Overwrite overwrite_;
  bool committed_ = false;
};

// Writes `text` as the file `path`, complete or not at all.
void write_text_file(std::string const& path, std::string_view text,
                     Overwrite overwrite = Overwrite::no);

// Flushes the names in a folder to the disk.
void flush_folder(std::string const& path);

// "CALL FILE failed: REASON. Hint: REMEDY" for the errno value `code` of a failing call.
std::string failed_call(std::string_view call, std::string_view file, int code);

}  // namespace plimsoll
