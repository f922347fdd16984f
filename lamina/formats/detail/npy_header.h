// The text header of a .npy file: a Python dictionary of three known keys.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lamina/graph/type.h"

namespace lamina::detail {

struct NpyHeader {
  TensorType type;
  bool fortran_order = false;
  bool big_endian = false;
  size_t data_offset = 0;  ///< where the elements start
};

/// Reads the header of `bytes`; every extent is checked, so that type.bytes() cannot overflow.
/// Throws FileError, calling the bytes `name`.
NpyHeader parse_npy_header(std::string_view bytes, const std::string& name);

/// Magic, version and header text, padded as NumPy pads it.
std::string npy_header(const TensorType& type);

}  // namespace lamina::detail
