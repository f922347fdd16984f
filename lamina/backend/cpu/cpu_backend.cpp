// The CPU: host memory, and one stream, the calling thread: what is asked is done when the call returns.
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

#include "lamina/backend/registry.h"
#include "lamina/backend/stream.h"
#include "lamina/base/error.h"
#include "lamina/base/system.h"
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
    if (bytes > most(bytes)) fail(bytes);
    const size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    void* address = nullptr;
    if (posix_memalign(&address, alignment, rounded ? rounded : kAlignment) != 0) fail(bytes);
    if (large) madvise(address, rounded, MADV_HUGEPAGE);  // fewer page faults and TLB misses; only a hint
    return address;
  }

  void free(void* address, size_t) override { std::free(address); }
  bool host_accessible() const override { return true; }
  const Stream& main_stream() override { return stream_; }
  void copy(void* to, const void* from, size_t bytes, CopyDirection, void*) override {
    if (to != from) std::memcpy(to, from, bytes);
  }
  void fill(void* to, unsigned char byte, size_t bytes, void*) override { std::memset(to, byte, bytes); }

 private:
  // What the machine has at all: Linux may promise more, and kill who takes it. It is asked for large blocks
  // alone.
  static size_t most(size_t bytes) {
    if (bytes < size_t{1} << 30) return bytes;
    static const auto memory = static_cast<size_t>(system_info().memory_bytes);
    return memory > 0 ? memory : SIZE_MAX / 2;
  }
  [[noreturn]] static void fail(size_t bytes) {
    throw Unsupported("/CPU:0 has not enough memory for a block of " + std::to_string(bytes) +
                      " bytes: smaller batches need less");
  }

  const Stream stream_{*this, Device{}, nullptr};
};

const BackendRegistration registration(DeviceKind::kCpu, [](int index, std::string& why) -> Backend* {
  static auto* const cpu = new CpuBackend;
  if (index != 0) why = "the CPU is one device, /CPU:0";
  return index == 0 ? cpu : nullptr;
});

}  // namespace
}  // namespace lamina
