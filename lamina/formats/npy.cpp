// .npy files: header, then elements, which are swapped and reordered as the header says.
#include "lamina/formats/npy.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include "lamina/backend/backend.h"
#include "lamina/base/detail/file_kind.h"
#include "lamina/base/error.h"
#include "lamina/base/utf8.h"
#include "lamina/formats/detail/npy_elements.h"
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

// How many bytes the elements take, which are all that follows the header.
size_t elements_size(uint64_t file, const detail::NpyHeader& header, const std::string& name) {
  const uint64_t has = file - header.data_offset;
  const auto count = static_cast<size_t>(header.type.shape.size());
  const size_t expected = count * header.element;
  if (header.element > 0 && expected / header.element == count && has == expected) return expected;
  throw FileError("'" + name + "' is " + (has < expected ? "truncated" : "too long") + ": '" + header.descr +
                  "' " + header.type.shape.str() + " takes " + std::to_string(expected) +
                  " bytes, and it has " + std::to_string(has));
}

// The elements in row-major order, as the machine has them.
void copy_elements(const detail::ByteSource& bytes, const detail::NpyHeader& header, size_t size, char* out) {
  const size_t element = header.element;
  if (header.fortran_order && header.type.shape.rank() > 1) {
    const std::string_view lying = bytes.view(header.data_offset, size);
    from_fortran_order(lying.data(), out, header.type.shape, element);
  } else if (size > 0) {
    bytes.copy(header.data_offset, out, size);
  }
  if (header.big_endian) swap_bytes(out, size / element, element);
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
  std::string data(bytes.substr(header.data_offset, elements_size(bytes.size(), header, name)));
  const auto count = static_cast<size_t>(header.type.shape.size());
  if (header.fortran_order && header.type.shape.rank() > 1)
    from_fortran_order(std::string(data).data(), data.data(), header.type.shape, header.element);
  if (header.big_endian && header.stored == NpyStored::kUnicode) swap_bytes(data.data(), data.size() / 4, 4);
  std::vector<std::string> strings;
  for (size_t i = 0; i < count; ++i) strings.push_back(text_of(data.data() + i * header.element, header));
  return strings;
}

detail::NpyHeader detail::npy_header_of(const ByteSource& bytes, const std::string& name, bool text_allowed) {
  constexpr uint64_t kBegin = 12;  // up to the header's length
  const std::string_view begin = bytes.view(0, std::min(bytes.size(), kBegin));
  uint64_t length = kBegin;
  for (size_t i = 8; i < begin.size(); ++i) length += uint64_t{static_cast<unsigned char>(begin[i])} << (8 * (i - 8));
  const bool first = begin.size() > 6 && begin[6] == 1;  // which has two bytes for it
  if (first) length = kBegin + (length - kBegin) % (uint64_t{1} << 16);
  return parse_npy_header(bytes.view(0, std::min(bytes.size(), length)), name, text_allowed);
}

Tensor detail::parse_npy(const ByteSource& bytes, const std::string& name) {
  const NpyHeader header = npy_header_of(bytes, name);
  const size_t size = elements_size(bytes.size(), header, name);
  if (header.stored == NpyStored::kUnsigned) {
    std::string elements(size, '\0');
    copy_elements(bytes, header, size, elements.data());
    return widened(std::move(elements), header, name);
  }
  auto buffer = std::make_shared<Buffer>(Device{}, size);
  char* const out = static_cast<char*>(buffer->data());
  copy_elements(bytes, header, size, out);
  if (header.type.dtype == DType::kBool) {
    for (size_t i = 0; i < size; ++i) out[i] = out[i] != 0;  // a bool with another value would be undefined
  }
  return Tensor::wrap(std::move(buffer), header.type);
}

Tensor detail::read_npy_member(const ZipReader& archive, const std::string& member, const std::string& name) {
  const ByteSource bytes = archive.open(member);
  Tensor array;
  try {
    array = parse_npy(bytes, name);
  } catch (const FileError&) {
    archive.check(member, bytes);  // what is not as it was written is called that
    throw;
  }
  archive.check(member, bytes);
  return array;
}

Tensor parse_npy(std::string_view bytes, const std::string& name) {
  return detail::parse_npy(detail::ByteSource(bytes), name);
}

Tensor read_npy(const std::string& path) {
  return detail::reading(path, [&] {
    detail::refuse_pipe(path);
    return detail::parse_npy(detail::ByteSource::of_file(path), path);
  });
}

bool is_npy_file(const std::string& path) {
  return detail::first_bytes(path, detail::kNpyMagic.size()) == detail::kNpyMagic;
}

detail::Pieces detail::npy_pieces(const TensorType& type, std::function<Tensor()> read) {
  Pieces pieces(npy_header(type));
  pieces.add(type, std::move(read));
  return pieces;
}

namespace {

detail::Pieces pieces_of(const Tensor& tensor) {
  return detail::npy_pieces(tensor.type(), [&] { return tensor; });
}

}  // namespace

std::string npy_bytes(const Tensor& tensor) { return pieces_of(tensor).str(); }

void write_npy(const std::string& path, const Tensor& tensor) { detail::write_pieces(path, pieces_of(tensor)); }

}  // namespace lamina
