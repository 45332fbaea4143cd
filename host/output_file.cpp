#include "host/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "host/error.hpp"

namespace plimsoll {

namespace {

std::string_view remedy(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return "free space on that disk, or choose another place with --out";
    case EFBIG:
      return "raise the limit on file sizes (ulimit -f), or choose another file system with --out";
    case ENOENT:
    case ENOTDIR:
      return "make the folder first, or check the path";
    case EACCES:
    case EPERM:
      return "check the rights of the folder and the file, or choose another place with --out";
    case EROFS:
      return "the file system is read-only; choose another place with --out";
    case ENAMETOOLONG:
      return "choose a shorter name";
    case EMFILE:
    case ENFILE:
      return "raise the limit on open files (ulimit -n)";
    default:
      return "check the disk and its logs, or choose another place with --out";
  }
}

[[noreturn]] void fail(std::string_view call, std::string_view file) {
  throw SystemError(failed_call(call, file, errno));
}

// A file descriptor that closes itself; close() reports what a destructor cannot.
class Descriptor {
 public:
  Descriptor(int number, std::string file) : number_(number), file_(std::move(file)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;

  void write_all(std::string_view text) {
    while (!text.empty()) {
      ssize_t const written = ::write(number_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("write", file_);
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void flush() {
    if (::fsync(number_) != 0) fail("fsync", file_);
  }
  void close() {
    if (::close(std::exchange(number_, -1)) != 0) fail("close", file_);
  }

 private:
  int number_;
  std::string file_;
};

Descriptor opened(std::string const& file, int flags) {
  int const number = ::open(file.c_str(), flags | O_CLOEXEC);
  if (number < 0) fail("open", file);
  return {number, file};
}

std::string folder_of(std::string const& path) {
  std::size_t const slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

[[noreturn]] void refuse_existing(std::string const& path) {
  throw InputError(path, "exists already", "it would be replaced",
                   "choose another name, or replace it with --force");
}

void refuse_unfit(std::string const& path, Overwrite overwrite) {
  if (path.empty() || path.back() == '/')
    throw InputError(path.empty() ? "output" : path, "is not the name of a file",
                     "output is one file", "give a folder and a file name");
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return;  // absent; other troubles show when it is opened
  if (!S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode))
    throw InputError(path, "is a folder or a device", "only a file can be replaced",
                     "choose the name of a file");
  if (overwrite == Overwrite::no) refuse_existing(path);
}

// A name beside `path` that nobody holds, made empty.
std::string made_beside(std::string const& path) {
  for (unsigned attempt = 0;; ++attempt) {
    std::string const name = fmt::format("{}.partial-{}-{}", path, ::getpid(), attempt);
    int const number = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (number >= 0) {
      ::close(number);
      return name;
    }
    if (errno != EEXIST) fail("open", name);
  }
}

}  // namespace

std::string failed_call(std::string_view call, std::string_view file, int code) {
  return fmt::format("{} {} failed: {}. Hint: {}", call, file,
                     std::generic_category().message(code), remedy(code));
}

OutputFile::OutputFile(std::string path, Overwrite overwrite)
    : path_(std::move(path)), overwrite_(overwrite) {
  refuse_unfit(path_, overwrite_);
  temporary_ = made_beside(path_);
}

OutputFile::~OutputFile() {
  if (!committed_) ::unlink(temporary_.c_str());
}

void OutputFile::rename_over() {
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("rename", path_);
}

// Another process may have made the file since the constructor looked.
void OutputFile::rename_beside() {
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) == 0)
    return;
  if (errno == EEXIST) refuse_existing(path_);
  bool const unknown_here = errno == EINVAL || errno == ENOSYS;  // some network file systems
  if (!unknown_here) fail("rename", path_);
  refuse_unfit(path_, overwrite_);
  rename_over();
}

void OutputFile::commit() {
  Descriptor file = opened(temporary_, O_RDONLY);
  file.flush();
  file.close();
  if (overwrite_ == Overwrite::yes)
    rename_over();
  else
    rename_beside();
  committed_ = true;
  flush_folder(folder_of(path_));
}

void flush_folder(std::string const& path) {
  Descriptor folder = opened(path, O_RDONLY | O_DIRECTORY);
  folder.flush();
  folder.close();
}

void write_text_file(std::string const& path, std::string_view text, Overwrite overwrite) {
  OutputFile output(path, overwrite);
  Descriptor file = opened(output.temporary(), O_WRONLY);
  file.write_all(text);
  file.close();
  output.commit();
}

}  // namespace plimsoll
