// Object headers of HDF5 files: the messages that describe one group or dataset. Follows the HDF5 File Format
// Specification, version 3.0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/formats/detail/hdf5_file.h"
#include "lamina/graph/type.h"

namespace lamina::detail {

/// One header message: type and body.
struct Hdf5Message {
  int type;
  bool shared;  ///< the body only points to a message elsewhere
  std::string_view body;
};

/// Kinds of messages that matter here.
enum Hdf5MessageType : int {
  kHdf5Dataspace = 0x01,
  kHdf5LinkInfo = 0x02,
  kHdf5Datatype = 0x03,
  kHdf5FillValue = 0x05,
  kHdf5Link = 0x06,
  kHdf5ExternalFiles = 0x07,
  kHdf5Layout = 0x08,
  kHdf5Filters = 0x0b,
  kHdf5Attribute = 0x0c,
  kHdf5Continuation = 0x10,
  kHdf5SymbolTable = 0x11,
  kHdf5AttributeInfo = 0x15,
};

/// The messages of the object header at `address`. Throws FileError, opening with `label`.
std::vector<Hdf5Message> read_hdf5_header(Hdf5File& file, uint64_t address, const std::string& label);

/// How elements are stored. `unsupported` says why Lamina has no dtype for them; the rest then has no
/// meaning.
struct Hdf5Elements {
  DType dtype = DType::kFloat32;
  bool big_endian = false;
  std::string unsupported;
};
Hdf5Elements parse_hdf5_datatype(std::string_view body, const std::string& name);

/// How many elements there are along each axis, and how many there may ever be (kHdf5Unlimited: any number).
struct Hdf5Extents {
  Shape shape;
  std::vector<uint64_t> most;
};
inline constexpr uint64_t kHdf5Unlimited = ~uint64_t{0};

/// The extents of a dataspace message, whose product fits into memory's addresses. Empty for "no elements at
/// all".
std::optional<Hdf5Extents> parse_hdf5_dataspace(std::string_view body, const std::string& name);

}  // namespace lamina::detail
