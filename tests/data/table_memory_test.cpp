// Tables are read with little more memory than their numbers take, however long the text is.
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <string>

#include "lamina/base/files.h"
#include "lamina/data/labelled_data.h"
#include "tests/support/allocations.h"
#include "tests/support/temporary_folder.h"

namespace lamina {
namespace {

// Peak memory of this process in bytes since the last reset; 0 where the system does not tell.
size_t peak() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) return static_cast<size_t>(std::stoull(line.substr(6))) * 1024;
  }
  return 0;
}
bool reset_peak() { return static_cast<bool>(std::ofstream("/proc/self/clear_refs") << "5" << std::flush); }

std::string row(int columns, const char* cell) {
  std::string text;
  for (int i = 0; i < columns; ++i) text += cell;
  return text + "1\n";
}

void expect_frugal(const std::string& path, int64_t rows, int64_t columns) {
  if (!reset_peak()) GTEST_SKIP() << "this system does not tell a peak of memory";
  const size_t before = peak();
  const LabelledData data = load_data(path);
  ASSERT_EQ(data.x.shape(), (Shape{rows, columns}));
  const double tensor = static_cast<double>(data.x.type().bytes() + data.y.type().bytes());
  // The sanitizers keep what is freed, and so does the C library after other tests of this process.
  if (!test::AllocationWatch::counts()) return;
  EXPECT_LT(static_cast<double>(peak() - before), 2.2 * tensor + (8 << 20)) << path;
}

TEST(TableMemory, LongNumbersTakeNoMoreThanShortOnes) {
  const test::TemporaryFolder folder;
  constexpr int kRows = 20000, kColumns = 100;
  std::string text;
  for (int i = 0; i < kRows; ++i) text += row(kColumns, "0.123456789012345,");
  write_file(folder / "long.csv", text);  // 36 MB for 8 MB of numbers
  text = {};
  text.shrink_to_fit();
  expect_frugal(folder / "long.csv", kRows, kColumns);
}

TEST(TableMemory, ASmallCompressedFileTakesNoMoreThanItHolds) {
  const test::TemporaryFolder folder;
  constexpr int kRows = 2000000, kColumns = 4;
  const std::string path = folder / "small.csv.gz";
  gzFile file = gzopen(path.c_str(), "wb");
  std::string block;
  for (int i = 0; i < 1000; ++i) block += row(kColumns, "1,");
  for (int i = 0; i < kRows / 1000; ++i) gzwrite(file, block.data(), static_cast<unsigned>(block.size()));
  gzclose(file);
  ASSERT_LT(read_file(path).size(), size_t{100000});
  expect_frugal(path, kRows, kColumns);
}

}  // namespace
}  // namespace lamina
