// The CPU: host memory, and one stream, the calling thread: what is asked is done when the call returns.
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

#include "lamina/backend/cpu/detail/kept_blocks.h"
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
    if (bytes > most(bytes)) fail(bytes);
    const size_t rounded = rounded_up(bytes);
    if (is_kept(bytes)) {
      if (void* const kept = kept_.take(rounded)) return kept;
    }
    void* address = nullptr;
    if (posix_memalign(&address, is_large(bytes) ? kHugePage : kAlignment, rounded) != 0) fail(bytes);
    if (is_large(bytes))
      madvise(address, rounded, MADV_HUGEPAGE);  // fewer page faults and TLB misses; only a hint
    return address;
  }

  void free(void* address, size_t bytes) override {
    if (is_kept(bytes)) return kept_.keep(address, rounded_up(bytes));
    std::free(address);
  }

  bool host_accessible() const override { return true; }
  const Stream& main_stream() override { return stream_; }
  void copy(void* to, const void* from, size_t bytes, CopyDirection, void*) override {
    if (to != from) std::memcpy(to, from, bytes);
  }
  void fill(void* to, unsigned char byte, size_t bytes, void*) override { std::memset(to, byte, bytes); }

 private:
  static bool is_large(size_t bytes) { return bytes >= 2 * kHugePage; }
  // Below, malloc has one at hand.
  static bool is_kept(size_t bytes) { return bytes >= kHugePage / 2; }
  static size_t rounded_up(size_t bytes) {
    const size_t unit = is_large(bytes) ? kHugePage : kAlignment;
    return bytes == 0 ? unit : (bytes + unit - 1) / unit * unit;
  }
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

  detail::KeptBlocks kept_;
  const Stream stream_{*this, Device{}, nullptr};
};

const BackendRegistration registration(DeviceKind::kCpu, [](int index, std::string& why) -> Backend* {
  static auto* const cpu = new CpuBackend;
  if (index != 0) why = "the CPU is one device, /CPU:0";
  return index == 0 ? cpu : nullptr;
});

}  // namespace
}  // namespace lamina
