// The contract of a backend: memory. Its kernels register themselves (lamina/graph/op.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "lamina/base/device.h"

namespace lamina {

/// Memory and synchronisation of one device. Implementations are thread-safe.
class Backend {
 public:
  virtual ~Backend() = default;
  /// One line for `lamina doctor`: what the device is and which libraries drive it.
  virtual std::string description() const = 0;
  /// `bytes` of memory aligned to 64 bytes; throws Unsupported when there is not enough.
  virtual void* allocate(size_t bytes) = 0;
  virtual void free(void* address, size_t bytes) = 0;
  virtual void copy_from_host(void* to, const void* from, size_t bytes) = 0;
  virtual void copy_to_host(void* to, const void* from, size_t bytes) = 0;
  /// Waits until all work given to the device is done.
  virtual void synchronize() = 0;
};

/// The backend of a device; throws Unsupported, in one clear line, when this build or machine has no such
/// device.
Backend& backend(const Device& device);

/// A block of a device's memory, freed with its last owner.
class Buffer {
 public:
  Buffer(const Device& device, size_t bytes);
  /// Memory of somebody else's, which is only read; `release` is called when nobody needs it any more, by
  /// whichever thread that is, and must not throw.
  Buffer(const Device& device, const void* data, size_t bytes, std::function<void()> release);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void* data() { return data_; }
  const void* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  const Device& device() const { return device_; }
  /// Whether the memory is somebody else's, and must not be written.
  bool borrowed() const { return borrowed_; }

 private:
  Device device_;
  size_t bytes_;
  Backend& backend_;
  void* data_;
  bool borrowed_ = false;
  std::function<void()> release_;
};

/// Buffers allocated by this thread so far: tests assert that a steady-state training step makes none.
int64_t buffer_allocations();
/// Bytes of all buffers that live now, of all threads.
int64_t buffer_bytes();

}  // namespace lamina
