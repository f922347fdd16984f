// Elements of HDF5 datasets: in one piece, or in chunks that are filtered and put in their places.
#include "lamina/formats/detail/hdf5_dataset.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "lamina/backend/backend.h"
#include "lamina/formats/detail/hdf5_chunks.h"
#include "lamina/formats/detail/hdf5_filters.h"

namespace lamina::detail {
namespace {

enum Storage : int { kCompact = 0, kContiguous = 1, kChunked = 2, kVirtual = 3 };

// What the messages say.
struct Description {
  std::optional<Hdf5Elements> elements;
  std::optional<Hdf5Extents> extents;
  Hdf5Filters filters;
  std::string_view layout, fill;
};

// The value of elements that were never written; empty for zeros.
std::string_view fill_value(std::string_view body, const std::string& label) {
  ByteCursor cursor(body, label);
  const int version = cursor.u8();
  bool defined = true;
  if (version == 3) {
    defined = (cursor.u8() & 0x20) != 0;
  } else if (version == 1 || version == 2) {
    cursor.skip(2);
    defined = cursor.u8() != 0 || version == 1;
  } else {
    Hdf5File::fail(label, "its fill value is damaged");
  }
  return defined ? cursor.take(cursor.u32()) : std::string_view();
}

Description describe(const std::vector<Hdf5Message>& messages, const std::string& label) {
  Description description;
  for (const Hdf5Message& message : messages) {
    const bool matters = message.type == kHdf5Datatype || message.type == kHdf5Dataspace ||
                         message.type == kHdf5Filters || message.type == kHdf5Layout ||
                         message.type == kHdf5FillValue;
    if (matters && message.shared)
      Hdf5File::fail(label, "it is described elsewhere in the file (a shared message), which is not allowed");
    switch (message.type) {
      case kHdf5Datatype:
        description.elements = parse_hdf5_datatype(message.body, label);
        break;
      case kHdf5Dataspace:
        description.extents = parse_hdf5_dataspace(message.body, label);
        break;
      case kHdf5ExternalFiles:
        Hdf5File::fail(label, "external storage is not allowed");
      case kHdf5Filters:
        description.filters = Hdf5Filters(message.body, label);
        break;
      case kHdf5Layout:
        description.layout = message.body;
        break;
      case kHdf5FillValue:
        description.fill = fill_value(message.body, label);
        break;
      default:
        break;
    }
  }
  if (!description.elements) Hdf5File::fail(label, "its element type is missing");
  return description;
}

void fill(char* out, size_t bytes, std::string_view value) {
  if (value.find_first_not_of('\0') == std::string_view::npos) {
    std::memset(out, 0, bytes);
    return;
  }
  for (size_t i = 0; i < bytes; i += value.size()) std::memcpy(out + i, value.data(), value.size());
}

// Copies the part of a chunk that lies in the array, row by row of the last axis.
void place(const std::string& bytes, const Hdf5Chunk& chunk, const Hdf5Chunking& chunking, const Shape& shape,
           size_t element, char* out) {
  const int rank = shape.rank();
  std::vector<uint64_t> extent(chunking.extents);
  uint64_t rows = 1;
  for (int axis = 0; axis < rank; ++axis) {
    const auto a = static_cast<size_t>(axis);
    extent[a] = std::min(extent[a], static_cast<uint64_t>(shape[axis]) - chunk.start[a]);
    if (axis < rank - 1) rows *= extent[a];
  }
  const size_t row = extent.back() * element;
  std::vector<uint64_t> index(extent.size(), 0);
  for (uint64_t r = 0; r < rows; ++r) {
    uint64_t from = 0, to = 0;
    for (int axis = 0; axis < rank; ++axis) {
      const auto a = static_cast<size_t>(axis);
      from = from * chunking.extents[a] + index[a];
      to = to * static_cast<uint64_t>(shape[axis]) + chunk.start[a] + index[a];
    }
    std::memcpy(out + to * element, bytes.data() + from * element, row);
    for (size_t a = extent.size() - 1; a-- > 0;) {
      if (++index[a] < extent[a]) break;
      index[a] = 0;
    }
  }
}

void read_chunks(Hdf5File& file, const Description& description, const std::string& label, char* out) {
  const size_t element = size_of(description.elements->dtype);
  const Shape& shape = description.extents->shape;
  const Hdf5Chunking chunking = parse_hdf5_chunking(description.layout, shape.rank(), element, label);
  const Hdf5Filters& filters = description.filters;
  std::string stored;
  read_hdf5_chunks(file, chunking, *description.extents, !filters.empty(), label,
                   [&](const Hdf5Chunk& chunk) {
                     for (size_t axis = 0; axis < chunk.start.size(); ++axis) {
                       if (chunk.start[axis] % chunking.extents[axis] != 0)
                         Hdf5File::fail(label, "the place of a chunk is damaged");
                     }
                     file.take_memory(chunking.bytes, label);
                     file.claim(chunk.address, chunk.size, label);
                     stored.resize(static_cast<size_t>(chunk.size));
                     file.copy(chunk.address, chunk.size, stored.data());
                     place(filters.undo(stored, chunk.filters_skipped, chunking.bytes, label), chunk,
                           chunking, shape, element, out);
                   });
}

void to_native(const Hdf5Elements& elements, char* bytes, size_t count) {
  const size_t element = size_of(elements.dtype);
  if (elements.big_endian) {
    for (size_t i = 0; i < count * element; i += element) std::reverse(bytes + i, bytes + i + element);
  }
  if (elements.dtype == DType::kBool) {
    for (size_t i = 0; i < count; ++i) bytes[i] = bytes[i] != 0;
  }
}

}  // namespace

std::variant<Tensor, std::string> read_hdf5_dataset(Hdf5File& file, const std::vector<Hdf5Message>& messages,
                                                    const std::string& label) {
  const Description description = describe(messages, label);
  ByteCursor cursor(description.layout, label);
  const int version = cursor.u8();
  const int storage = cursor.u8();
  if (version != 3 && version != 4) {
    Hdf5File::fail(label, "its layout is of version " + std::to_string(version) +
                              "; those of HDF5 1.6 to 1.14 (3 and 4) can be read, or it is damaged");
  }
  if (storage == kVirtual) Hdf5File::fail(label, "virtual datasets are not allowed");
  if (storage < kCompact || storage > kVirtual) Hdf5File::fail(label, "its layout is damaged");
  if (!description.elements->unsupported.empty()) return description.elements->unsupported;
  if (!description.extents) return "an array without a shape";
  if (storage == kChunked && !description.filters.unsupported().empty())
    return description.filters.unsupported();

  const TensorType type{description.elements->dtype, description.extents->shape};
  const auto check_size = [&](uint64_t size) {
    if (size == type.bytes()) return;
    Hdf5File::fail(label, type.str() + " claims " + std::to_string(type.bytes()) + " bytes and stores " +
                              std::to_string(size));
  };
  std::string_view compact;
  uint64_t address = kHdf5NoAddress;
  if (storage == kCompact) {
    compact = cursor.take(cursor.u16());
    check_size(compact.size());
  } else if (storage == kContiguous) {
    address = cursor.u64();
    const uint64_t size = cursor.u64();
    if (address != kHdf5NoAddress) {
      file.claim(address, size, label);
      check_size(size);
    }
  }
  file.take_memory(type.bytes(), label);
  auto buffer = std::make_shared<Buffer>(Device{}, type.bytes());
  char* out = static_cast<char*>(buffer->data());
  if (storage == kCompact) {
    if (!compact.empty()) std::memcpy(out, compact.data(), compact.size());
  } else if (address != kHdf5NoAddress) {
    file.copy(address, type.bytes(), out);
  } else if (type.bytes() > 0) {
    // What was never written has its fill value, as the elements of missing chunks have.
    const bool fits = description.fill.size() == size_of(type.dtype);
    fill(out, type.bytes(), fits ? description.fill : std::string_view());
    if (storage == kChunked) read_chunks(file, description, label, out);
  }
  to_native(*description.elements, out, static_cast<size_t>(type.shape.size()));
  return Tensor::wrap(std::move(buffer), type);
}

}  // namespace lamina::detail
