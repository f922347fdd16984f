// Parsing of IDX files: two zero bytes, element type, rank, big-endian extents, big-endian elements.
#include "lamina/data/idx.h"

#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"

namespace lamina {
namespace {

// No set in this format comes near it.
constexpr uint64_t kLimit = uint64_t{4} << 30;

bool dtype_of_code(int code, DType& dtype) {
  switch (code) {
    case 0x08:
      return dtype = DType::kUInt8, true;
    case 0x09:
      return dtype = DType::kInt8, true;
    case 0x0b:
      return dtype = DType::kInt16, true;
    case 0x0c:
      return dtype = DType::kInt32, true;
    case 0x0d:
      return dtype = DType::kFloat32, true;
    case 0x0e:
      return dtype = DType::kFloat64, true;
    default:
      return false;
  }
}

}  // namespace

Tensor parse_idx(std::string_view bytes, const std::string& name) {
  const auto fail = [&](const std::string& reason) {
    throw FileError("'" + name + "' is not a readable IDX file: " + reason);
  };
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(bytes[at]); };
  if (bytes.size() < 4 || byte(0) != 0 || byte(1) != 0) fail("it does not start as one");
  TensorType type;
  if (!dtype_of_code(byte(2), type.dtype))
    fail("its element type " + std::to_string(byte(2)) + " is unknown");
  const size_t rank = byte(3);
  if (rank > static_cast<size_t>(Shape::kMaxRank)) fail("it has " + std::to_string(rank) + " axes");
  const size_t start = 4 + 4 * rank;
  if (bytes.size() < start) fail("it is truncated in its header");

  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max() / 16;
  uint64_t product = 1;
  for (size_t axis = 0; axis < rank; ++axis) {
    const size_t at = 4 + 4 * axis;
    const uint64_t extent = uint64_t{byte(at)} << 24 | uint64_t{byte(at + 1)} << 16 |
                            uint64_t{byte(at + 2)} << 8 | uint64_t{byte(at + 3)};
    if (extent > kMost / product) fail("its shape is too large for any memory");
    product *= extent > 0 ? extent : 1;
    type.shape.push_back(static_cast<int64_t>(extent));
  }
  const size_t expected = type.bytes();
  const size_t present = bytes.size() - start;
  if (present != expected) {
    fail((present < expected ? "it is truncated: " : "it is too long: ") + type.str() + " takes " +
         std::to_string(expected) + " bytes, and it has " + std::to_string(present));
  }

  auto buffer = std::make_shared<Buffer>(Device{}, expected);
  char* out = static_cast<char*>(buffer->data());
  if (expected > 0) std::memcpy(out, bytes.data() + start, expected);
  const size_t element = size_of(type.dtype);
  for (size_t i = 0; element > 1 && i < expected; i += element) {
    for (size_t b = 0; b < element / 2; ++b) std::swap(out[i + b], out[i + element - 1 - b]);
  }
  return Tensor::wrap(std::move(buffer), type);
}

Tensor read_idx(const std::string& path) { return parse_idx(read_file_or_gzip(path, kLimit), path); }

}  // namespace lamina
