// Linux's answers come from /proc and sched_getaffinity; other systems get what POSIX offers.
#include "lamina/base/system.h"

#include <hwy/targets.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

#ifdef __linux__
#include <sched.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "lamina/base/threads.h"

namespace lamina {
namespace {

// The text after "key" and its separator in the first line of `path` that starts with key; "" when there is
// none.
std::string field(const char* path, const std::string& key, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(key, 0) != 0) continue;
    size_t at = line.find(separator);
    if (at == std::string::npos) continue;
    at = line.find_first_not_of(" \t\"", at + 1);
    if (at == std::string::npos) return "";
    size_t end = line.find_last_not_of(" \t\"");
    return line.substr(at, end - at + 1);
  }
  return "";
}

int64_t kilobytes(const std::string& text) {
  int64_t value = 0;
  std::istringstream(text) >> value;
  return value * 1024;
}

int64_t cgroup_limit() {
  std::ifstream file("/sys/fs/cgroup/memory.max");
  int64_t limit = 0;
  return file >> limit ? limit : 0;  // "max" is not a number: no limit
}

int usable_processors() {
#ifdef __linux__
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  return static_cast<int>(std::max<long>(1, sysconf(_SC_NPROCESSORS_ONLN)));
}

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  int64_t targets = hwy::SupportedTargets();
  // Better targets have lower bits.
  for (; targets != 0; targets &= targets - 1) names.push_back(hwy::TargetName(targets & -targets));
  return names;
}

// Clock ticks that all processors together have worked since the start of the system.
std::optional<double> busy_ticks() {
  std::ifstream file("/proc/stat");
  std::string name;
  double user = 0, nice = 0, system = 0;
  if (!(file >> name >> user >> nice >> system) || name != "cpu") return std::nullopt;
  return user + nice + system;
}

double own_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;  // of all threads
}

}  // namespace

SystemInfo system_info() {
  SystemInfo info;
  info.operating_system = field("/etc/os-release", "PRETTY_NAME", '=');
  info.processor = field("/proc/cpuinfo", "model name", ':');
  info.processors = usable_processors();
  info.threads = num_threads();
  info.instruction_sets = instruction_sets();
  info.memory_bytes = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  if (int64_t limit = cgroup_limit(); limit > 0) info.memory_bytes = std::min(info.memory_bytes, limit);
  info.available_bytes = kilobytes(field("/proc/meminfo", "MemAvailable", ':'));
  return info;
}

int64_t peak_memory_bytes() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
#ifdef __APPLE__
  return usage.ru_maxrss;
#else
  return static_cast<int64_t>(usage.ru_maxrss) * 1024;
#endif
}

void return_free_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

double busy_processors(int milliseconds) {
  using std::chrono::steady_clock;
  // Around both readings: on a full machine the thread may wait between a reading and the clock, too.
  const auto begin = steady_clock::now();
  const std::optional<double> before = busy_ticks();
  const double mine_before = own_seconds();
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  const std::optional<double> after = busy_ticks();
  const double mine = own_seconds() - mine_before;
  const double seconds = std::chrono::duration<double>(steady_clock::now() - begin).count();
  if (!before || !after || seconds <= 0) return -1;
  const double all = (*after - *before) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return std::max(0.0, (all - mine) / seconds);
}

double process_age_ms() {
#ifdef __linux__
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  // The second field is the program's name in parentheses and may hold anything; start time is the 22nd
  // field.
  size_t at = text.rfind(')');
  if (at == std::string::npos) return 0;
  std::istringstream fields(text.substr(at + 1));
  std::string skipped;
  for (int i = 3; i < 22; ++i) fields >> skipped;
  double start_ticks = 0;
  if (!(fields >> start_ticks)) return 0;
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  double age = static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6 -
               start_ticks * 1e3 / static_cast<double>(sysconf(_SC_CLK_TCK));
  return std::max(0.0, age);
#else
  return 0;
#endif
}

}  // namespace lamina
