// The contract of a backend: memory of a device, and work in the order of streams. Its kernels register
// themselves (lamina/graph/op.h). docs/how-to-add-a-backend.md goes through it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "lamina/base/device.h"

namespace lamina {

class Stream;

/// Where the two ends of a copy lie, as seen from the device whose backend is asked.
enum class CopyDirection { kFromHost, kToHost, kWithinDevice };

/// Memory and ordered work of one device. Implementations are thread-safe.
///
/// Addresses are the device's own. Nobody outside of the backend and its kernels follows one, unless
/// `host_accessible`: they are only handed on. Handles of streams and events are the backend's own, too; what
/// they are is nobody else's business. Lengths and devices were checked before (lamina/backend/stream.h).
///
/// What is given to a stream is done in that order, and perhaps after the call has returned. Memory is
/// allocated and freed in the order of the main stream: what free() gets may still be used by work that was
/// given to it before. The defaults of the functions about streams and events are those of a device whose
/// work is done when the call returns.
class Backend {
 public:
  virtual ~Backend() = default;
  /// One line for `lamina doctor`: what the device is and which libraries drive it.
  virtual std::string description() const = 0;

  /// Whether the host may read and write the device's memory by its addresses, without a copy.
  virtual bool host_accessible() const = 0;
  /// `bytes` of memory aligned to 64 bytes; throws Unsupported when there is not enough.
  virtual void* allocate(size_t bytes) = 0;
  virtual void free(void* address, size_t bytes) = 0;

  /// The stream on which programs run. It lives as long as the backend.
  virtual const Stream& main_stream() = 0;
  /// Another one.
  virtual void* new_stream() { return nullptr; }
  /// Work that was given to it is still done.
  virtual void free_stream(void* /*stream*/) {}
  /// The host waits until all work given to the stream is done. Throws what went wrong in it, if something
  /// did.
  virtual void synchronize(void* /*stream*/) {}

  /// Copies `bytes`. Memory of the host that is read may be written over when the call returns; what is
  /// written to the host is there when the stream has come so far.
  virtual void copy(void* to, const void* from, size_t bytes, CopyDirection direction, void* stream) = 0;
  /// Sets every byte.
  virtual void fill(void* to, unsigned char byte, size_t bytes, void* stream) = 0;

  /// An event stands for a place in a stream: where that was when the event was recorded last.
  virtual void* new_event() { return nullptr; }
  virtual void free_event(void* /*event*/) {}
  virtual void record(void* /*event*/, void* /*stream*/) {}
  /// Work given to `stream` from now on waits until the event's stream has come to its place.
  virtual void wait(void* /*stream*/, void* /*event*/) {}
  /// Whether it has.
  virtual bool done(void* /*event*/) { return true; }
  /// The host waits for it.
  virtual void synchronize_event(void* /*event*/) {}
};

/// The backend of a device; throws Unsupported, in one clear line, when this build or machine has no such
/// device.
Backend& backend(const Device& device);

/// A block of a device's memory, freed with its last owner.
class Buffer {
 public:
  Buffer(const Device& device, size_t bytes);
  /// Of memory that is somebody else's.
  enum class Contents {
    kMayChange,  ///< a user's, who may write there whatever was agreed
    kStay,       ///< a file's, or of an object that nobody else has
  };
  /// Memory of somebody else's, which is only read; `release` is called when nobody needs it any more, by
  /// whichever thread that is, and must not throw.
  Buffer(const Device& device, const void* data, size_t bytes, std::function<void()> release,
         Contents contents = Contents::kMayChange);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  /// Where the block lies in the device's memory, for kernels and for copies. Only the device follows it.
  void* address() { return address_; }
  const void* address() const { return address_; }
  /// The block as the host reads and writes it. Throws InvalidArgument where the host cannot.
  void* data() { return host_accessible_ ? address_ : refuse(); }
  const void* data() const { return host_accessible_ ? address_ : refuse(); }
  bool host_accessible() const { return host_accessible_; }
  size_t bytes() const { return bytes_; }
  const Device& device() const { return device_; }
  Backend& backend() const { return backend_; }
  /// Whether the memory is somebody else's, and must not be written.
  bool borrowed() const { return borrowed_; }
  /// Whether somebody may write there of whom the framework does not know.
  bool may_change_unseen() const { return borrowed_ && contents_ == Contents::kMayChange; }

 private:
  [[noreturn]] void* refuse() const;

  Device device_;
  size_t bytes_;
  Backend& backend_;
  void* address_;
  bool host_accessible_;
  bool borrowed_ = false;
  Contents contents_ = Contents::kStay;
  std::function<void()> release_;
};

/// Buffers allocated by this thread so far: tests assert that a steady-state training step makes none.
int64_t buffer_allocations();
/// Bytes of all buffers that live now, of all threads.
int64_t buffer_bytes();

}  // namespace lamina
