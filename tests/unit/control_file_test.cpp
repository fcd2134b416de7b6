#include "settings/control_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "process/process.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace greylisting {
namespace {

using test::TemporaryDirectory;
using test::write_file;

TEST_CASE("read_control_file: a regular file's content, or why it cannot be had", "[control_file]") {
  const TemporaryDirectory directory;
  write_file(directory / "file", "text\n", 0644);
  CHECK(read_control_file(directory / "file").text == "text\n");
  CHECK(read_control_file(directory / "file").why.empty());

  const ControlFileText missing = read_control_file(directory / "missing");
  CHECK(missing.is_missing);
  CHECK(missing.why == "does not exist");

  CHECK(read_control_file(directory.path()).why == "is not a regular file");
  CHECK_FALSE(read_control_file(directory.path()).is_missing);

  // Nobody writes to it.
  REQUIRE(mkfifo((directory / "fifo").c_str(), 0600) == 0);
  CHECK(read_control_file(directory / "fifo").why == "is not a regular file");

  write_file(directory / "open", "text\n", 0666);
  std::filesystem::permissions(directory / "open", std::filesystem::perms(0666));
  CHECK(read_control_file(directory / "open").why == "can be written by everybody");
  CHECK(read_control_file(directory / "open").text.empty());

  CHECK(read_control_file(directory / "file", 4).why == "is larger than 4 bytes");
  CHECK(read_control_file(directory / "file", 5).why.empty());
}

TEST_CASE("problem_with: file, why, what follows, and the remedy", "[control_file]") {
  CHECK(problem_with("control/list", {"", "is not a regular file"}, "nothing in it counts") ==
        "control/list: is not a regular file, so nothing in it counts; give " + effective_user() +
            ", as whom this runs, a regular file that it can read and not everybody can write");
}

TEST_CASE("trimmed: no blanks or line ends at either end", "[control_file]") {
  CHECK(trimmed(" \t\r\n\v\fa b \t\r\n\v\f") == "a b");
  CHECK(trimmed("a") == "a");
  CHECK(trimmed(" \t").empty());
  CHECK(trimmed("").empty());
}

TEST_CASE("without_byte_order_mark: once, and only in front", "[control_file]") {
  CHECK(without_byte_order_mark("\xEF\xBB\xBF"
                                "a") == "a");
  CHECK(without_byte_order_mark("a\xEF\xBB\xBF") == "a\xEF\xBB\xBF");
  CHECK(without_byte_order_mark("\xEF\xBB") == "\xEF\xBB");
}

}  // namespace
}  // namespace greylisting
