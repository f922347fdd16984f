// .npy files: header, then elements, which are swapped and reordered as the header says.
#include "lamina/formats/npy.h"

#include <bit>
#include <cstring>
#include <memory>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/formats/detail/npy_header.h"
#include "lamina/formats/detail/reading.h"

namespace lamina {
namespace {

static_assert(std::endian::native == std::endian::little, "files are written in the machine's byte order");

void swap_bytes(char* data, size_t count, size_t element) {
  for (size_t i = 0; i < count; ++i, data += element) {
    for (size_t b = 0; b < element / 2; ++b) std::swap(data[b], data[element - 1 - b]);
  }
}

// Copies elements from column-major to row-major order: an odometer over the row-major index.
void from_fortran_order(const char* from, char* to, const Shape& shape, size_t element) {
  const int rank = shape.rank();
  int64_t stride[Shape::kMaxRank];
  int64_t index[Shape::kMaxRank] = {};
  int64_t step = 1;
  for (int axis = 0; axis < rank; ++axis) {
    stride[axis] = step;
    step *= shape[axis];
  }
  int64_t offset = 0;
  for (int64_t i = 0, n = shape.size(); i < n; ++i) {
    std::memcpy(to + static_cast<size_t>(i) * element, from + static_cast<size_t>(offset) * element, element);
    for (int axis = rank - 1; axis >= 0; --axis) {
      offset += stride[axis];
      if (++index[axis] < shape[axis]) break;
      offset -= stride[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace

Tensor parse_npy(std::string_view bytes, const std::string& name) {
  const detail::NpyHeader header = detail::parse_npy_header(bytes, name);
  const size_t element = size_of(header.type.dtype);
  const size_t expected = header.type.bytes();
  const std::string_view data = bytes.substr(header.data_offset);
  if (data.size() != expected) {
    throw FileError("'" + name + "' is " + (data.size() < expected ? "truncated" : "too long") + ": " +
                    header.type.str() + " takes " + std::to_string(expected) + " bytes, and it has " +
                    std::to_string(data.size()));
  }

  auto buffer = std::make_shared<Buffer>(Device{}, expected);
  char* out = static_cast<char*>(buffer->data());
  if (header.fortran_order && header.type.shape.rank() > 1) {
    from_fortran_order(data.data(), out, header.type.shape, element);
  } else if (expected > 0) {
    std::memcpy(out, data.data(), expected);
  }
  if (header.big_endian) swap_bytes(out, expected / element, element);
  if (header.type.dtype == DType::kBool) {
    for (size_t i = 0; i < expected; ++i)
      out[i] = out[i] != 0;  // a bool with another value would be undefined
  }
  return Tensor::wrap(std::move(buffer), header.type);
}

Tensor read_npy(const std::string& path) {
  return detail::reading(path, [&] { return parse_npy(read_file(path), path); });
}

std::string npy_bytes(const Tensor& tensor) {
  std::string bytes = detail::npy_header(tensor.type());
  const size_t start = bytes.size();
  const size_t count = tensor.type().bytes();
  bytes.resize(start + count);
  if (count > 0) backend(tensor.device()).copy_to_host(bytes.data() + start, tensor.buffer()->data(), count);
  return bytes;
}

void write_npy(const std::string& path, const Tensor& tensor) { write_file(path, npy_bytes(tensor)); }

}  // namespace lamina
