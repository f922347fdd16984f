// Checks of streams, events and copies.
#include "lamina/backend/stream.h"

#include <string>
#include <utility>
#include <vector>

#include "lamina/base/error.h"

namespace lamina {
namespace {

void require_bytes(const char* what, const Buffer& buffer, size_t offset, size_t bytes) {
  if (offset <= buffer.bytes() && bytes <= buffer.bytes() - offset) return;
  throw InvalidArgument(std::string(what) + ": " + std::to_string(bytes) + " bytes from byte " +
                        std::to_string(offset) + " on were asked for, but the buffer on " +
                        buffer.device().str() + " has " + std::to_string(buffer.bytes()));
}

void require_own(const char* what, const Buffer& to) {
  if (!to.borrowed()) return;
  throw InvalidArgument(std::string(what) + ": the buffer on " + to.device().str() +
                        " is somebody else's memory, which is only read; copy into one of your own");
}

void require_device(const char* what, const Device& stream, const Device& event) {
  if (stream == event) return;
  throw InvalidArgument(std::string(what) + ": the stream is of " + stream.str() + ", the event of " +
                        event.str() + "; make the event for the stream's device");
}

}  // namespace

Stream::Stream(const Device& device)
    : backend_(&backend(device)), device_(device), handle_(backend_->new_stream()) {}

Stream::Stream(Stream&& other) noexcept
    : backend_(std::exchange(other.backend_, nullptr)),
      device_(other.device_),
      handle_(other.handle_),
      main_(other.main_) {}

Stream::~Stream() {
  if (backend_ && !main_) backend_->free_stream(handle_);
}

void Stream::read(void* to, const void* from, size_t bytes) const {
  if (bytes) backend_->copy(to, from, bytes, CopyDirection::kToHost, handle_);
  synchronize();
}

void Stream::wait(const Event& event) const {
  require_device("Stream::wait", device_, event.device());
  event.require_recorded("Stream::wait");
  backend_->wait(handle_, event.handle_);
}

Event::Event(const Device& device)
    : backend_(&backend(device)), device_(device), handle_(backend_->new_event()) {}

Event::Event(Event&& other) noexcept
    : backend_(std::exchange(other.backend_, nullptr)),
      device_(other.device_),
      handle_(other.handle_),
      recorded_(other.recorded_) {}

Event::~Event() {
  if (backend_) backend_->free_event(handle_);
}

void Event::record(const Stream& stream) {
  require_device("Event::record", stream.device(), device_);
  backend_->record(handle_, stream.handle());
  recorded_ = true;
}

bool Event::done() const {
  require_recorded("Event::done");
  return backend_->done(handle_);
}

void Event::synchronize() const {
  require_recorded("Event::synchronize");
  backend_->synchronize_event(handle_);
}

void Event::require_recorded(const char* what) const {
  if (recorded_) return;
  throw InvalidArgument(std::string(what) + ": the event was never recorded, so that nothing would come of " +
                        "it; call record first");
}

const Stream& main_stream(const Device& device) { return backend(device).main_stream(); }

void copy(Buffer& to, const Buffer& from, size_t bytes) {
  require_bytes("copy", from, 0, bytes);
  require_bytes("copy", to, 0, bytes);
  require_own("copy", to);
  if (bytes == 0) return;
  if (to.device() == from.device()) {
    to.backend().main_stream().copy(to.address(), from.address(), bytes);
  } else if (from.host_accessible()) {
    copy_from_host(to, 0, from.data(), bytes);
  } else if (to.host_accessible()) {
    copy_to_host(to.data(), from, 0, bytes);
  } else {
    std::vector<char> host(bytes);
    copy_to_host(host.data(), from, 0, bytes);
    copy_from_host(to, 0, host.data(), bytes);
  }
}

void copy_from_host(Buffer& to, size_t offset, const void* from, size_t bytes) {
  require_bytes("copy_from_host", to, offset, bytes);
  require_own("copy_from_host", to);
  to.backend().main_stream().write(static_cast<char*>(to.address()) + offset, from, bytes);
}

void copy_to_host(void* to, const Buffer& from, size_t offset, size_t bytes) {
  copy_to_host_async(to, from, offset, bytes);
  from.backend().main_stream().synchronize();
}

void copy_to_host_async(void* to, const Buffer& from, size_t offset, size_t bytes) {
  require_bytes("copy_to_host", from, offset, bytes);
  if (bytes == 0) return;
  Backend& owner = from.backend();
  owner.copy(to, static_cast<const char*>(from.address()) + offset, bytes, CopyDirection::kToHost,
             owner.main_stream().handle());
}

void fill(Buffer& to, unsigned char byte, size_t bytes) {
  require_bytes("fill", to, 0, bytes);
  require_own("fill", to);
  if (bytes) to.backend().fill(to.address(), byte, bytes, to.backend().main_stream().handle());
}

}  // namespace lamina
