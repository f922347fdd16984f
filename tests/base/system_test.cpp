// The machine as the kernel tells it.
#include "lamina/base/system.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <string>
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

// The system lists what it lets programs use, by other names than ours.
TEST(System, InstructionSetsAreThoseOfTheSystem) {
#ifndef __x86_64__
  GTEST_SKIP() << "no x86";  // of which /proc/cpuinfo may still speak: an emulator shows that of its machine
#endif
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::string line;
  while (std::getline(cpuinfo, line) && !line.starts_with("flags")) {
  }
  ASSERT_TRUE(cpuinfo);
  const std::string flags = line + " ";
  const auto has = [&](std::initializer_list<const char*> names) {
    return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
      return flags.find(" " + name + " ") != std::string::npos;
    });
  };
  const bool sse4 = has({"ssse3", "sse4_1", "sse4_2", "pclmulqdq", "aes"});
  const bool avx2 = sse4 && has({"avx", "avx2", "fma", "f16c", "bmi1", "bmi2"});
  const bool avx3 = avx2 && has({"avx512f", "avx512dq", "avx512bw", "avx512vl"});
  const std::vector<std::string> sets = system_info().instruction_sets;
  const auto listed = [&](const char* name) { return std::count(sets.begin(), sets.end(), name) == 1; };
  EXPECT_EQ(listed("SSE4"), sse4);
  EXPECT_EQ(listed("AVX2"), avx2);
  EXPECT_EQ(listed("AVX3"), avx3);
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
