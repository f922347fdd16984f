// Parsing and printing of device names.
#include "lamina/base/device.h"

#include <algorithm>
#include <cctype>

#include "lamina/base/error.h"

namespace lamina {

std::string Device::str() const {
  const char* const name = kind == DeviceKind::kCpu ? "/CPU:" : kind == DeviceKind::kGpu ? "/GPU:" : "/NULL:";
  return name + std::to_string(index);
}

Device parse_device(const std::string& text) {
  std::string lower;
  for (char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (!lower.empty() && lower[0] == '/') lower.erase(0, 1);
  const size_t colon = lower.find(':');
  const std::string kind = lower.substr(0, colon);
  const std::string index = colon == std::string::npos ? "0" : lower.substr(colon + 1);
  const bool digits =
      !index.empty() && index.size() < 4 &&
      std::all_of(index.begin(), index.end(), [](unsigned char c) { return std::isdigit(c); });
  if (digits && kind == "cpu") return {DeviceKind::kCpu, std::stoi(index)};
  if (digits && (kind == "gpu" || kind == "cuda")) return {DeviceKind::kGpu, std::stoi(index)};
  if (digits && kind == "null") return {DeviceKind::kNull, std::stoi(index)};
  throw InvalidArgument("'" + text + "' is not a device; write \"/CPU:0\", \"/GPU:0\", \"cpu\" or \"cuda\"");
}

}  // namespace lamina
