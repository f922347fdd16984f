// The machine as the kernel tells it.
#include "lamina/base/system.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "lamina/base/version.h"

namespace lamina {
namespace {

TEST(System, KnowsProcessorsMemoryAndInstructionSets) {
  SystemInfo info = system_info();
  EXPECT_GE(info.processors, 1);
  EXPECT_GE(info.threads, 1);
  EXPECT_GT(info.memory_bytes, int64_t{64} << 20);
  EXPECT_LE(info.available_bytes, info.memory_bytes + (int64_t{1} << 40));
  EXPECT_FALSE(info.instruction_sets.empty());
}

TEST(System, PeakMemoryGrowsWithWhatIsTouched) {
  int64_t before = peak_memory_bytes();
  std::vector<char> block(size_t{96} << 20, 1);
  EXPECT_GE(peak_memory_bytes() + block[7], before);
  EXPECT_GT(peak_memory_bytes(), int64_t{96} << 20);
}

TEST(System, TheProcessHasAnAge) {
  double first = process_age_ms();
  EXPECT_GE(first, 0);
  EXPECT_LT(first, 1e7);
  EXPECT_GE(process_age_ms() + 20, first);
}

TEST(System, OtherProgramsAreCountedAndThisOneIsNot) {
  std::atomic<bool> stop{false};
  std::thread own([&stop] {
    while (!stop) {
    }
  });
  const double busy = busy_processors(100);
  stop = true;
  own.join();
  EXPECT_GE(busy, 0);
  // One tick of each processor may be counted on the wrong side.
  EXPECT_LE(busy, static_cast<double>(std::thread::hardware_concurrency()) * 1.3);
}

TEST(Version, NamesEveryLibraryWithANumber) {
  EXPECT_NE(std::string(version()).find('.'), std::string::npos);
  bool onednn = false;
  for (const auto& [name, number] : library_versions()) {
    EXPECT_NE(number.find('.'), std::string::npos) << name;
    onednn = onednn || name == "oneDNN";
  }
  EXPECT_TRUE(onednn);
}

}  // namespace
}  // namespace lamina
