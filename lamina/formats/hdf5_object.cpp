// Element types and shapes of HDF5 datasets.

#include "lamina/formats/detail/hdf5_object.h"
#include "lamina/base/detail/byte_cursor.h"
#include "lamina/base/error.h"

namespace lamina::detail {
namespace {

[[noreturn]] void fail(const std::string& name, const std::string& reason) {
  throw FileError("'" + name + "': " + reason);
}

Hdf5Elements integers(ByteCursor& cursor, int bits, uint32_t size, const std::string& name) {
  const bool is_signed = bits & 8;
  const int offset = cursor.u16();
  const int precision = cursor.u16();
  if (offset != 0 || precision != static_cast<int>(8 * size))
    fail(name, "its integers do not fill their bytes");
  Hdf5Elements elements;
  elements.big_endian = bits & 1;
  if (size == 1) {
    elements.dtype = is_signed ? DType::kInt8 : DType::kUInt8;
  } else if (is_signed && size == 2) {
    elements.dtype = DType::kInt16;
  } else if (is_signed && size == 4) {
    elements.dtype = DType::kInt32;
  } else if (is_signed && size == 8) {
    elements.dtype = DType::kInt64;
  } else {
    elements.unsupported =
        (is_signed ? "signed" : "unsigned") + std::string(" integers of ") + std::to_string(size) + " bytes";
  }
  return elements;
}

Hdf5Elements floats(ByteCursor& cursor, int bits, uint32_t size) {
  const int offset = cursor.u16(), precision = cursor.u16();
  const int exponent_at = cursor.u8(), exponent_bits = cursor.u8();
  const int fraction_at = cursor.u8(), fraction_bits = cursor.u8();
  const uint32_t bias = cursor.u32();
  const int sign_at = (bits >> 8) & 255;
  const bool usual = offset == 0 && precision == static_cast<int>(8 * size) && fraction_at == 0 &&
                     exponent_at == fraction_bits && sign_at == precision - 1 && (bits & 0x40) == 0 &&
                     ((bits >> 4) & 3) == 2 && bias == (uint32_t{1} << ((exponent_bits - 1) & 31)) - 1;
  Hdf5Elements elements;
  elements.big_endian = bits & 1;
  if (usual && size == 2 && exponent_bits == 5 && fraction_bits == 10) {
    elements.dtype = DType::kFloat16;
  } else if (usual && size == 2 && exponent_bits == 8 && fraction_bits == 7) {
    elements.dtype = DType::kBFloat16;
  } else if (usual && size == 4 && exponent_bits == 8 && fraction_bits == 23) {
    elements.dtype = DType::kFloat32;
  } else if (usual && size == 8 && exponent_bits == 11 && fraction_bits == 52) {
    elements.dtype = DType::kFloat64;
  } else {
    elements.unsupported =
        "floating-point numbers of an unusual format of " + std::to_string(size) + " bytes";
  }
  return elements;
}

}  // namespace

Hdf5Elements parse_hdf5_datatype(std::string_view body, const std::string& name) {
  ByteCursor cursor(body, name);
  const int version_and_class = cursor.u8();
  const int bits = static_cast<int>(cursor.number(3));
  const uint32_t size = cursor.u32();
  if (size == 0) fail(name, "its elements have no size");
  Hdf5Elements elements;
  switch (version_and_class & 15) {
    case 0:
      return integers(cursor, bits, size, name);
    case 1:
      return floats(cursor, bits, size);
    case 3:
      elements.unsupported = "text";
      return elements;
    case 5:
      // Keras stores bfloat16 as two opaque bytes.
      if (size == 2) {
        elements.dtype = DType::kBFloat16;
        return elements;
      }
      break;
    case 8:
      // NumPy's bool: an enumeration of FALSE and TRUE in one byte.
      if (size == 1) {
        elements.dtype = DType::kBool;
        return elements;
      }
      break;
    case 9:
      elements.unsupported = (bits & 15) == 1 ? "text" : "lists of varying length";
      return elements;
    default:
      break;
  }
  elements.unsupported = "elements that are not numbers";
  return elements;
}

std::optional<Hdf5Extents> parse_hdf5_dataspace(std::string_view body, const std::string& name) {
  ByteCursor cursor(body, name);
  const int version = cursor.u8();
  const int rank = cursor.u8();
  const bool has_most = (cursor.u8() & 1) != 0;
  if (version == 1) {
    cursor.skip(5);
  } else if (version == 2) {
    constexpr int kNull = 2;
    if (cursor.u8() == kNull) return std::nullopt;
  } else {
    fail(name, "its shape is damaged");
  }
  if (rank > Shape::kMaxRank) {
    fail(name, "it has " + std::to_string(rank) + " axes; at most " + std::to_string(Shape::kMaxRank) +
                   " are supported");
  }
  constexpr uint64_t kMost = uint64_t{1} << 58;
  uint64_t product = 1;
  Hdf5Extents extents;
  for (int axis = 0; axis < rank; ++axis) {
    const uint64_t extent = cursor.u64();
    if (extent > kMost / product) fail(name, "its shape is too large for any memory");
    product *= extent > 0 ? extent : 1;
    extents.shape.push_back(static_cast<int64_t>(extent));
  }
  for (int axis = 0; axis < rank; ++axis)
    extents.most.push_back(has_most ? cursor.u64() : static_cast<uint64_t>(extents.shape[axis]));
  return extents;
}

}  // namespace lamina::detail
