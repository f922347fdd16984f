// Names of devices: "/CPU:0", "/GPU:0".
#pragma once

#include <string>

namespace lamina {

/// kNull: a device that computes nothing, of which the tests have a backend (docs/guide/engine.md).
enum class DeviceKind { kCpu, kGpu, kNull };

/// A device by kind and index, as Keras names it.
struct Device {
  DeviceKind kind = DeviceKind::kCpu;
  int index = 0;

  /// "/CPU:0"
  std::string str() const;
  bool operator==(const Device&) const = default;
};

/// Parses "/CPU:0", "/GPU:1", "cpu", "gpu", "cuda", "cuda:1", "/NULL:0". Throws InvalidArgument for anything
/// else.
Device parse_device(const std::string& text);

}  // namespace lamina
