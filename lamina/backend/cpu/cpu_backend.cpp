// The CPU: host memory, nothing to synchronise.
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

#include "lamina/backend/registry.h"
#include "lamina/base/error.h"
#include "lamina/base/threads.h"

namespace lamina {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = size_t{2} << 20;

class CpuBackend final : public Backend {
 public:
  std::string description() const override { return "CPU, " + std::to_string(num_threads()) + " threads"; }

  void* allocate(size_t bytes) override {
    const bool large = bytes >= 2 * kHugePage;
    const size_t alignment = large ? kHugePage : kAlignment;
    if (bytes > SIZE_MAX / 2) fail(bytes);
    const size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    void* address = nullptr;
    if (posix_memalign(&address, alignment, rounded ? rounded : kAlignment) != 0) fail(bytes);
    if (large) madvise(address, rounded, MADV_HUGEPAGE);  // fewer page faults and TLB misses; only a hint
    return address;
  }

  void free(void* address, size_t) override { std::free(address); }
  void copy_from_host(void* to, const void* from, size_t bytes) override { copy(to, from, bytes); }
  void copy_to_host(void* to, const void* from, size_t bytes) override { copy(to, from, bytes); }
  void synchronize() override {}

 private:
  [[noreturn]] static void fail(size_t bytes) {
    throw Unsupported("/CPU:0 has not enough memory for a tensor of " + std::to_string(bytes) + " bytes");
  }
  static void copy(void* to, const void* from, size_t bytes) {
    if (bytes) std::memcpy(to, from, bytes);
  }
};

const BackendRegistration registration(DeviceKind::kCpu, [](int index, std::string& why) -> Backend* {
  static auto* const cpu = new CpuBackend;
  if (index != 0) why = "the CPU is one device, /CPU:0";
  return index == 0 ? cpu : nullptr;
});

}  // namespace
}  // namespace lamina
