// NumPy's .npy files: one array each.
#pragma once

#include <string>
#include <string_view>

#include "lamina/core/tensor.h"

namespace lamina {

/// The array in the .npy file at `path` (format versions 1 to 3; either byte order; C or Fortran order, which
/// comes out row-major). Element types are those of DType, and unsigned integers of 16, 32 and 64 bits, which
/// come out as int32, int64 and int64 (values from 2^63 on are refused); bfloat16 travels as NumPy's two-byte
/// void type, as ml_dtypes writes it. Throws FileError when the file is missing, damaged, longer or shorter
/// than its header says, or of another element type. See
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
Tensor read_npy(const std::string& path);

/// The same from bytes in memory.
/// @param name  what to call them in error messages.
Tensor parse_npy(std::string_view bytes, const std::string& name);

/// Whether the file at `path` begins as a .npy file does; its name does not matter. False for what cannot be
/// opened and for pipes.
bool is_npy_file(const std::string& path);

/// Writes `tensor` (computed first if pending) for numpy.load: format version 1, little-endian, C order.
/// The file is replaced atomically. Throws FileError.
void write_npy(const std::string& path, const Tensor& tensor);

/// The bytes that write_npy writes.
std::string npy_bytes(const Tensor& tensor);

}  // namespace lamina
