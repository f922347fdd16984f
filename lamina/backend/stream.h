// Streams, events and copies: work on a device in order, checked before a backend gets it.
#pragma once

#include <cstddef>

#include "lamina/backend/backend.h"

namespace lamina {

class Event;

/// A queue of work on one device: what is given to it is done in that order, and perhaps later. The work of
/// two streams has no order but what events make. The CPU's stream is the calling thread: everything is done
/// when the call returns.
class Stream {
 public:
  /// A new stream beside the main one. Throws Unsupported when there is no such device.
  explicit Stream(const Device& device);
  /// For backends: a stream of theirs, which lives as long as they do.
  Stream(Backend& backend, const Device& device, void* handle)
      : backend_(&backend), device_(device), handle_(handle), main_(true) {}
  ~Stream();
  Stream(Stream&& other) noexcept;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  const Device& device() const { return device_; }
  /// What the backend knows it by; null on the CPU.
  void* handle() const { return handle_; }

  /// For kernels: between addresses of the device, and from one to the host, for which this waits.
  void copy(void* to, const void* from, size_t bytes) const {
    if (bytes) backend_->copy(to, from, bytes, CopyDirection::kWithinDevice, handle_);
  }
  void read(void* to, const void* from, size_t bytes) const;
  /// For kernels: the elements at `to`, which are on the device, become those at `from` on the host.
  void write(void* to, const void* from, size_t bytes) const {
    if (bytes) backend_->copy(to, from, bytes, CopyDirection::kFromHost, handle_);
  }

  /// Work given from now on waits for what the event stands for. Throws InvalidArgument for an event of
  /// another device, and for one that was never recorded.
  void wait(const Event& event) const;
  /// The host waits until everything given to the stream is done.
  void synchronize() const { backend_->synchronize(handle_); }

 private:
  friend class Event;
  Backend* backend_;
  Device device_;
  void* handle_;
  bool main_ = false;
};

/// A place in a stream's work.
class Event {
 public:
  /// Throws Unsupported when there is no such device.
  explicit Event(const Device& device);
  ~Event();
  Event(Event&& other) noexcept;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  const Device& device() const { return device_; }
  /// Stands from now on for the end of what was given to the stream until here. Throws InvalidArgument for a
  /// stream of another device.
  void record(const Stream& stream);
  /// Whether the stream has come there. Throws InvalidArgument when it was never recorded.
  bool done() const;
  /// The host waits until it has. Throws InvalidArgument when it was never recorded.
  void synchronize() const;

 private:
  friend class Stream;
  void require_recorded(const char* what) const;

  Backend* backend_;
  Device device_;
  void* handle_;
  bool recorded_ = false;
};

/// The stream on which the programs of a device run, and in whose order its memory is allocated and freed.
const Stream& main_stream(const Device& device);

/// The first `bytes` of `from` become the first of `to`, in the order of the main streams of both devices.
/// What is on the host is there when the call returns, and may be written over then. Throws InvalidArgument
/// when one of the buffers has fewer bytes, or `to` is borrowed.
void copy(Buffer& to, const Buffer& from, size_t bytes);
/// `bytes` of the host's at `from` become those of `to` from `offset` on. They may be written over when the
/// call returns. Throws InvalidArgument when the buffer ends before, or is borrowed.
void copy_from_host(Buffer& to, size_t offset, const void* from, size_t bytes);
/// `bytes` of `from`, from `offset` on, are copied to `to` on the host. Throws InvalidArgument when the
/// buffer ends before.
void copy_to_host(void* to, const Buffer& from, size_t offset, size_t bytes);
/// The same, without waiting: they are there once main_stream(from.device()) is synchronised, and until then
/// the memory at `to` belongs to the copy. `from` may be freed, or be given other work, at once.
void copy_to_host_async(void* to, const Buffer& from, size_t offset, size_t bytes);
/// Sets the first `bytes` bytes of `to`. Throws InvalidArgument when it has fewer, or is borrowed.
void fill(Buffer& to, unsigned char byte, size_t bytes);

}  // namespace lamina
