// The backend of the null device, and the one kernel that it has for every op.
#include "tests/support/null_device.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "lamina/backend/registry.h"
#include "lamina/backend/stream.h"
#include "lamina/base/error.h"
#include "lamina/graph/op.h"

namespace lamina::testing {
namespace {

using What = NullCall::What;

/// What the device was asked, and which memory it has given.
class Ledger {
 public:
  void add(NullCall call) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
  }
  void given(void* address, size_t bytes) {
    const std::lock_guard lock(mutex_);
    blocks_[reinterpret_cast<uintptr_t>(address)] = bytes;
  }
  void taken(void* address) {
    const std::lock_guard lock(mutex_);
    blocks_.erase(reinterpret_cast<uintptr_t>(address));
  }
  /// Throws InternalError unless the bytes lie in one block of the device.
  void require_inside(const char* what, const void* address, size_t bytes) {
    if (bytes == 0) return;
    const std::lock_guard lock(mutex_);
    const auto place = reinterpret_cast<uintptr_t>(address);
    auto block = blocks_.upper_bound(place);
    if (block != blocks_.begin()) {
      --block;
      if (place - block->first <= block->second && bytes <= block->second - (place - block->first)) return;
    }
    throw InternalError(std::string("null device: ") + what + " of " + std::to_string(bytes) +
                        " bytes that are not in one block of its memory");
  }
  std::vector<NullCall> calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    calls_.clear();
  }
  size_t bytes() {
    const std::lock_guard lock(mutex_);
    size_t total = 0;
    for (const auto& [address, bytes] : blocks_) total += bytes;
    return total;
  }

 private:
  std::mutex mutex_;
  std::vector<NullCall> calls_;
  std::map<uintptr_t, size_t> blocks_;
};

// Never destroyed, as backends are not.
Ledger& ledger() {
  static auto* const mine = new Ledger;
  return *mine;
}

int number_of(void* handle) { return static_cast<int>(reinterpret_cast<intptr_t>(handle)); }
void* handle_of(int number) { return reinterpret_cast<void*>(static_cast<intptr_t>(number)); }

size_t whole_pages(size_t bytes) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return std::max(page, (bytes + page - 1) / page * page);
}

class NullBackend final : public Backend {
 public:
  explicit NullBackend(int index) : stream_(*this, Device{DeviceKind::kNull, index}, handle_of(0)) {}

  std::string description() const override { return "null device: computes nothing, for tests"; }
  bool host_accessible() const override { return false; }
  const Stream& main_stream() override { return stream_; }

  void* allocate(size_t bytes) override {
    void* const address = bytes > SIZE_MAX / 2 ? MAP_FAILED
                                               : mmap(nullptr, whole_pages(bytes), PROT_NONE,
                                                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address == MAP_FAILED) {
      throw Unsupported(stream_.device().str() + " has not enough memory for a tensor of " +
                        std::to_string(bytes) + " bytes");
    }
    ledger().given(address, bytes);
    ledger().add({.what = What::kAllocate, .bytes = bytes});
    return address;
  }
  void free(void* address, size_t bytes) override {
    ledger().taken(address);
    munmap(address, whole_pages(bytes));
    ledger().add({.what = What::kFree, .bytes = bytes});
  }

  void copy(void* to, const void* from, size_t bytes, CopyDirection direction, void* stream) override {
    NullCall call{.what = What::kWithinDevice, .bytes = bytes, .stream = number_of(stream)};
    if (direction == CopyDirection::kFromHost) {
      call.what = What::kFromHost;
      read_all(from, bytes);
    } else {
      ledger().require_inside("a copy", from, bytes);
    }
    if (direction == CopyDirection::kToHost) {
      call.what = What::kToHost;
      std::memset(to, 0, bytes);
    } else {
      ledger().require_inside("a copy", to, bytes);
    }
    ledger().add(call);
  }
  void fill(void* to, unsigned char, size_t bytes, void* stream) override {
    ledger().require_inside("a fill", to, bytes);
    ledger().add({.what = What::kFill, .bytes = bytes, .stream = number_of(stream)});
  }

  void* new_stream() override {
    const int stream = ++streams_;
    ledger().add({.what = What::kNewStream, .stream = stream});
    return handle_of(stream);
  }
  void free_stream(void* stream) override {
    ledger().add({.what = What::kFreeStream, .stream = number_of(stream)});
  }
  void synchronize(void* stream) override {
    ledger().add({.what = What::kSynchronize, .stream = number_of(stream)});
  }
  void* new_event() override {
    const int event = ++events_;
    ledger().add({.what = What::kNewEvent, .event = event});
    return handle_of(event);
  }
  void free_event(void* event) override {
    ledger().add({.what = What::kFreeEvent, .event = number_of(event)});
  }
  void record(void* event, void* stream) override {
    ledger().add({.what = What::kRecord, .stream = number_of(stream), .event = number_of(event)});
  }
  void wait(void* stream, void* event) override {
    ledger().add({.what = What::kWait, .stream = number_of(stream), .event = number_of(event)});
  }
  void synchronize_event(void* event) override {
    ledger().add({.what = What::kSynchronize, .event = number_of(event)});
  }

 private:
  // A device would: an address that is none of the host's faults here, as it should.
  static void read_all(const void* from, size_t bytes) {
    const volatile auto* const all = static_cast<const volatile unsigned char*>(from);
    for (size_t i = 0; i < bytes; i += 64) static_cast<void>(all[i]);
    if (bytes) static_cast<void>(all[bytes - 1]);
  }

  const Stream stream_;
  std::atomic<int> streams_{0}, events_{0};
};

/// Says which op it was launched for. A real one would read and write its operands: they must be there.
class NullKernel final : public Kernel {
 public:
  explicit NullKernel(const KernelDesc& desc) : op_(desc.op.name) {
    for (const Operand& input : desc.inputs) inputs_.push_back(input.type.bytes());
    for (const Operand& output : desc.outputs) outputs_.push_back(output.type.bytes());
  }
  void run(const KernelArgs& args) const override {
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (args.inputs[i]) ledger().require_inside(op_.c_str(), args.inputs[i], inputs_[i]);
    }
    for (size_t i = 0; i < outputs_.size(); ++i) {
      if (args.outputs[i]) ledger().require_inside(op_.c_str(), args.outputs[i], outputs_[i]);
    }
    ledger().require_inside(op_.c_str(), args.workspace, workspace());
    ledger().add({.what = What::kLaunch, .op = op_, .stream = number_of(args.stream.handle())});
  }
  size_t workspace() const override { return 64; }  // so that arenas are given

 private:
  std::string op_;
  std::vector<size_t> inputs_, outputs_;
};

const BackendRegistration null_backend(DeviceKind::kNull, [](int index, std::string& why) -> Backend* {
  static auto* const first = new NullBackend(0);
  static auto* const second = new NullBackend(1);
  if (index > 1) why = "there are two null devices, /NULL:0 and /NULL:1";
  return index == 0 ? first : index == 1 ? second : nullptr;
});

const KernelRegistration null_kernels(KernelRegistration::kEveryOp, DeviceKind::kNull,
                                      {{.name = "null", .prepare = [](const KernelDesc& desc) {
                                          return std::unique_ptr<Kernel>(std::make_unique<NullKernel>(desc));
                                        }}});

}  // namespace

std::vector<NullCall> null_calls() { return ledger().calls(); }
void clear_null_calls() { ledger().clear(); }
size_t count_null_calls(NullCall::What what) {
  const std::vector<NullCall> calls = null_calls();
  return static_cast<size_t>(
      std::count_if(calls.begin(), calls.end(), [&](const NullCall& call) { return call.what == what; }));
}
size_t null_bytes() { return ledger().bytes(); }

}  // namespace lamina::testing
