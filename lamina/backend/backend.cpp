// The registry of backends, and buffers on top of it.
#include "lamina/backend/backend.h"

#include <map>

#include "lamina/backend/registry.h"
#include "lamina/base/detail/thread_slots.h"
#include "lamina/base/error.h"

namespace lamina {
namespace {

// Never destroyed, as the backends: static objects of a program free their buffers late.
std::map<DeviceKind, BackendFactory>& factories() {
  static auto* const map = new std::map<DeviceKind, BackendFactory>;
  return *map;
}

thread_local int64_t allocations = 0;
detail::SpreadCount live_bytes;

}  // namespace

BackendRegistration::BackendRegistration(DeviceKind kind, BackendFactory factory) {
  factories()[kind] = factory;
}

bool has_backend(DeviceKind kind) { return factories().count(kind) > 0; }

Backend& backend(const Device& device) {
  const auto found = factories().find(device.kind);
  std::string why;  // nothing is allocated for a device that is there: training reads its logs through here
  Backend* result = found == factories().end() ? nullptr : found->second(device.index, why);
  if (result) return *result;
  if (why.empty()) why = "this build of Lamina has no backend for it";
  throw Unsupported("no device " + device.str() + ": " + why + "; use /CPU:0");
}

Buffer::Buffer(const Device& device, size_t bytes)
    : device_(device),
      bytes_(bytes),
      backend_(lamina::backend(device)),
      address_(backend_.allocate(bytes)),
      host_accessible_(backend_.host_accessible()) {
  ++allocations;
  live_bytes.add(static_cast<int64_t>(bytes));
}

Buffer::Buffer(const Device& device, const void* data, size_t bytes, std::function<void()> release,
               Contents contents)
    : device_(device),
      bytes_(bytes),
      backend_(lamina::backend(device)),
      address_(const_cast<void*>(data)),
      host_accessible_(backend_.host_accessible()),
      borrowed_(true),
      contents_(contents),
      release_(std::move(release)) {}

Buffer::~Buffer() {
  if (borrowed_) {
    if (release_) release_();
    return;
  }
  backend_.free(address_, bytes_);
  live_bytes.add(-static_cast<int64_t>(bytes_));
}

void* Buffer::refuse() const {
  throw InvalidArgument("the host cannot read or write memory of " + device_.str() +
                        "; copy it to /CPU:0 first: Tensor::to, or copy_to_host");
}

int64_t buffer_allocations() { return allocations; }
int64_t buffer_bytes() { return live_bytes.total(); }

}  // namespace lamina
