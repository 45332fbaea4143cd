#include "host/output_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>

#include "tests/host/store_samples.hpp"

namespace plimsoll {
namespace {

// Files of this process larger than `bytes` fail with EFBIG while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit const limited = {bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(FileSizeLimit const&) = delete;
  FileSizeLimit& operator=(FileSizeLimit const&) = delete;

 private:
  rlimit before_{};
};

template <class Call>
std::string system_failure(Call call) {
  try {
    call();
  } catch (SystemError const& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing failed";
  return "";
}

TEST(OutputFile, AppearsOnlyWhenComplete) {
  TestFolder const folder;
  std::string const path = folder / "out.txt";
  {
    OutputFile output(path, Overwrite::no);
    write_bytes(output.temporary(), "half");
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_EQ(folder.files(), 1u);
    output.commit();
  }
  EXPECT_EQ(bytes_of(path), "half");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(OutputFile, LeavesNothingWhenGivenUp) {
  TestFolder const folder;
  { OutputFile const output(folder / "out.txt", Overwrite::no); }
  EXPECT_EQ(folder.files(), 0u);
}

TEST(OutputFile, TwoAtOnceDoNotMeet) {
  TestFolder const folder;
  OutputFile first(folder / "out.txt", Overwrite::no), second(folder / "out.txt", Overwrite::no);
  EXPECT_NE(first.temporary(), second.temporary());
  write_bytes(first.temporary(), "first");
  first.commit();
  EXPECT_NE(refusal([&] { second.commit(); }).find("exists already"), std::string::npos);
  EXPECT_EQ(bytes_of(folder / "out.txt"), "first");
}

TEST(OutputFile, ReplacesOnlyWhenTold) {
  TestFolder const folder;
  std::string const path = folder / "out.txt";
  write_text_file(path, "old");
  std::string const message = refusal([&] { write_text_file(path, "new"); });
  EXPECT_NE(message.find(path), std::string::npos);
  EXPECT_NE(message.find("--force"), std::string::npos);
  EXPECT_EQ(bytes_of(path), "old");
  write_text_file(path, "new", Overwrite::yes);
  EXPECT_EQ(bytes_of(path), "new");
  EXPECT_EQ(folder.files(), 1u);
}

TEST(OutputFile, ReplacesALinkAndNotItsTarget) {
  TestFolder const folder;
  write_text_file(folder / "target", "kept");
  std::filesystem::create_symlink(folder / "target", folder / "link");
  refusal([&] { write_text_file(folder / "link", "new"); });
  write_text_file(folder / "link", "new", Overwrite::yes);
  EXPECT_EQ(bytes_of(folder / "target"), "kept");
  EXPECT_EQ(bytes_of(folder / "link"), "new");
}

TEST(OutputFile, ReplacesNoFolderAndNoDevice) {
  TestFolder const folder;
  std::filesystem::create_directory(folder / "sub");
  for (std::string const& path : {folder / "sub", std::string("/dev/null"),
                                  std::string("/dev/full"), folder / "sub/", std::string()})
    refusal([&] { write_text_file(path, "text", Overwrite::yes); });
  EXPECT_EQ(folder.files(), 1u);
}

TEST(OutputFile, TakesTheRightsThatTheUserGivesToNewFiles) {
  TestFolder const folder;
  mode_t const before = ::umask(027);
  write_text_file(folder / "out.txt", "text");
  ::umask(before);
  EXPECT_EQ(std::filesystem::status(folder / "out.txt").permissions(),
            std::filesystem::perms{0640});
}

TEST(OutputFile, SaysWhichCallFailedAndWhatToDo) {
  TestFolder const folder;
  std::string const missing =
      system_failure([&] { write_text_file(folder / "none/out.txt", "text"); });
  EXPECT_NE(missing.find("open " + (folder / "none/out.txt")), std::string::npos) << missing;
  EXPECT_NE(missing.find("No such file or directory"), std::string::npos) << missing;
  EXPECT_NE(missing.find("Hint: make the folder first"), std::string::npos) << missing;

  std::string const full = failed_call("write", "out.txt", ENOSPC);
  EXPECT_EQ(
      full,
      "write out.txt failed: No space left on device. Hint: free space on that disk, or choose "
      "another place with --out");
}

TEST(OutputFile, FailsCleanlyWhereTheFileCannotGrow) {
  TestFolder const folder;
  write_text_file(folder / "out.txt", "old");
  FileSizeLimit const limit(1000);
  std::string const message = system_failure(
      [&] { write_text_file(folder / "out.txt", std::string(5000, 'x'), Overwrite::yes); });
  EXPECT_NE(message.find("write " + (folder / "out.txt")), std::string::npos) << message;
  EXPECT_NE(message.find("File too large"), std::string::npos) << message;
  EXPECT_EQ(bytes_of(folder / "out.txt"), "old");
  EXPECT_EQ(folder.files(), 1u);
}

}  // namespace
}  // namespace plimsoll
