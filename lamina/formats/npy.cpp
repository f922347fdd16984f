// .npy files: header, then elements, which are swapped and reordered as the header says.
#include "lamina/formats/npy.h"

#include <bit>
#include <cstring>
#include <limits>
#include <memory>

#include "lamina/backend/stream.h"
#include "lamina/base/detail/file_kind.h"
#include "lamina/base/error.h"
#include "lamina/base/files.h"
#include "lamina/base/utf8.h"
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

// The elements as the file has them.
std::string_view elements_of(std::string_view bytes, const detail::NpyHeader& header,
                             const std::string& name) {
  const std::string_view data = bytes.substr(header.data_offset);
  const auto count = static_cast<size_t>(header.type.shape.size());
  const size_t expected = count * header.element;
  if (header.element > 0 && expected / header.element == count && data.size() == expected) return data;
  throw FileError("'" + name + "' is " + (data.size() < expected ? "truncated" : "too long") + ": '" +
                  header.descr + "' " + header.type.shape.str() + " takes " + std::to_string(expected) +
                  " bytes, and it has " + std::to_string(data.size()));
}

template <class From, class To>
void widen(const char* from, To* to, size_t count, const std::string& name) {
  for (size_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, from + i * sizeof(From), sizeof(From));
    if (static_cast<uint64_t>(value) > static_cast<uint64_t>(std::numeric_limits<To>::max())) {
      throw FileError("'" + name + "': element " + std::to_string(i) + ", " + std::to_string(value) +
                      ", is too large for the 64-bit integers of tensors");
    }
    to[i] = static_cast<To>(value);
  }
}

// Signed integers that hold them all, up to 2^63 - 1.
Tensor widened(std::string elements, const detail::NpyHeader& header, const std::string& name) {
  const auto count = static_cast<size_t>(header.type.shape.size());
  auto buffer = std::make_shared<Buffer>(Device{}, header.type.bytes());
  if (header.element == 2)
    widen<uint16_t>(elements.data(), static_cast<int32_t*>(buffer->data()), count, name);
  if (header.element == 4)
    widen<uint32_t>(elements.data(), static_cast<int64_t*>(buffer->data()), count, name);
  if (header.element == 8)
    widen<uint64_t>(elements.data(), static_cast<int64_t*>(buffer->data()), count, name);
  return Tensor::wrap(std::move(buffer), header.type);
}

// One string, up to the zeros that fill it up.
std::string text_of(const char* data, const detail::NpyHeader& header) {
  std::string text;
  if (header.stored == detail::NpyStored::kBytes) {
    text.assign(data, header.element);
    text.resize(text.find_last_not_of('\0') + 1);
    return text;
  }
  std::u32string characters(header.element / 4, U'\0');
  std::memcpy(characters.data(), data, header.element);
  characters.resize(characters.find_last_not_of(U'\0') + 1);
  for (const char32_t c : characters) append_utf8(text, static_cast<uint32_t>(c));
  return text;
}

}  // namespace

std::vector<std::string> detail::parse_npy_text(std::string_view bytes, const std::string& name) {
  const NpyHeader header = parse_npy_header(bytes, name, true);
  if (!header.is_text()) throw FileError("'" + name + "' holds '" + header.descr + "'; text was expected");
  std::string data(elements_of(bytes, header, name));
  const auto count = static_cast<size_t>(header.type.shape.size());
  if (header.fortran_order && header.type.shape.rank() > 1)
    from_fortran_order(std::string(data).data(), data.data(), header.type.shape, header.element);
  if (header.big_endian && header.stored == NpyStored::kUnicode) swap_bytes(data.data(), data.size() / 4, 4);
  std::vector<std::string> strings;
  for (size_t i = 0; i < count; ++i) strings.push_back(text_of(data.data() + i * header.element, header));
  return strings;
}

Tensor parse_npy(std::string_view bytes, const std::string& name) {
  const detail::NpyHeader header = detail::parse_npy_header(bytes, name);
  const std::string_view data = elements_of(bytes, header, name);
  const size_t element = header.element;
  const size_t expected = data.size();
  if (header.stored == detail::NpyStored::kUnsigned) {
    std::string elements(data);
    if (header.fortran_order && header.type.shape.rank() > 1)
      from_fortran_order(data.data(), elements.data(), header.type.shape, element);
    if (header.big_endian) swap_bytes(elements.data(), expected / element, element);
    return widened(std::move(elements), header, name);
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

bool is_npy_file(const std::string& path) {
  return detail::first_bytes(path, detail::kNpyMagic.size()) == detail::kNpyMagic;
}

std::string npy_bytes(const Tensor& tensor) {
  std::string bytes = detail::npy_header(tensor.type());
  const size_t start = bytes.size();
  const size_t count = tensor.type().bytes();
  bytes.resize(start + count);
  copy_to_host(bytes.data() + start, *tensor.buffer(), 0, count);
  return bytes;
}

void write_npy(const std::string& path, const Tensor& tensor) { write_file(path, npy_bytes(tensor)); }

}  // namespace lamina
