// Arrays of a .npz file that compress well, told from zip bombs by their headers.
#include "lamina/formats/detail/npz_limits.h"

#include <optional>

#include "lamina/base/error.h"
#include "lamina/base/system.h"
#include "lamina/formats/detail/npy_header.h"

namespace lamina::detail {
namespace {

constexpr size_t kLongestHeader = 1 << 12;  // NumPy's own are below 1 KB where elements are plain

// The bytes that an array's header says the member has; nothing where it is no array that can be read.
std::optional<uint64_t> stated_size(const ZipReader& archive, const std::string& member,
                                    const std::string& name) {
  if (!member.ends_with(".npy")) return std::nullopt;
  try {
    const NpyHeader header = parse_npy_header(archive.start(member, kLongestHeader), name, true);
    const auto count = static_cast<uint64_t>(header.type.shape.size());
    if (header.element > 0 && count > (~0ull >> 1) / header.element) return std::nullopt;
    return header.data_offset + count * header.element;
  } catch (const FileError&) {
    return std::nullopt;
  }
}

}  // namespace

NpzLimits npz_limits() {
  NpzLimits limits;
  limits.arrays = static_cast<uint64_t>(system_info().memory_bytes) / 4;
  return limits;
}

void check_npz_size(const ZipReader& archive, uint64_t size, const std::string& name,
                    const NpzLimits& limits) {
  const uint64_t plain = limits.members.of(size);
  uint64_t total = 0;
  for (const std::string& member : archive.members()) total += archive.size(member);
  if (total <= plain) return;

  uint64_t others = 0;
  std::string odd;
  for (const std::string& member : archive.members()) {
    const uint64_t bytes = archive.size(member);
    if (stated_size(archive, member, name) == bytes) continue;
    if (odd.empty()) odd = member.substr(0, 100);
    others += bytes;
  }
  const std::string refused = "'" + name + "' is refused as a zip bomb: its " + std::to_string(size) +
                              " bytes claim to inflate to " + std::to_string(total) +
                              " bytes, beyond the limit of ";
  if (others > plain) {
    throw FileError(refused + std::to_string(plain) + " bytes, and '" + odd +
                    "' is no array whose header says so");
  }
  const uint64_t most = std::max(plain, limits.arrays);
  if (total > most) {
    throw FileError(refused + std::to_string(most) +
                    " bytes (a quarter of the memory); where it is none, save it in parts, or with " +
                    "numpy.savez instead of numpy.savez_compressed");
  }
}

}  // namespace lamina::detail
