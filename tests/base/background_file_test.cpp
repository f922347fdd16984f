// A file that is written while something else goes on: whole, and what goes wrong is told.
#include "lamina/base/background_file.h"

#include <gtest/gtest.h>

#include "lamina/base/error.h"
#include "tests/support/temporary_folder.h"

namespace lamina::test {
namespace {

TEST(BackgroundFiles, AreThereAfterTheWait) {
  const TemporaryFolder folder;
  const std::string path = folder / "a", large(1 << 22, 'x');
  BackgroundFile file;
  file.write(path, large);
  file.wait();
  EXPECT_EQ(read_file(path), large);
  file.write(path, "first");
  file.write(path, "second");  // one after the other
  file.wait();
  EXPECT_EQ(read_file(path), "second");
  { BackgroundFile last; last.write(path, "third"); }
  EXPECT_EQ(read_file(path), "third");
}

TEST(BackgroundFiles, ThrowOnceWhatWentWrong) {
  const TemporaryFolder folder;
  BackgroundFile file;
  file.write(folder / "no/such/folder/a", "x");
  EXPECT_THROW(file.wait(), FileError);
  file.wait();
  file.write(folder / "no/such/folder/a", "x");
  EXPECT_THROW(file.write(folder / "b", "x"), FileError);
}

}  // namespace
}  // namespace lamina::test
