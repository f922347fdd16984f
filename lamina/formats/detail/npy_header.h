// The text header of a .npy file: a Python dictionary of three known keys.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/graph/type.h"

namespace lamina::detail {

/// What every .npy file starts with.
inline constexpr std::string_view kNpyMagic("\x93NUMPY", 6);

/// How the elements stand in the file.
enum class NpyStored {
  kAsIs,      ///< as the tensor has them
  kUnsigned,  ///< unsigned integers of 2, 4 or 8 bytes, which the tensor has in the next larger signed type
  kUnicode,   ///< text of 4-byte characters, filled up with zeros: no tensor
  kBytes,     ///< text of single bytes, the same
};

struct NpyHeader {
  TensorType type;
  NpyStored stored = NpyStored::kAsIs;
  size_t element = 0;  ///< bytes of one element in the file
  std::string descr;   ///< NumPy's name of the element type: "<f4"
  bool fortran_order = false;
  bool big_endian = false;
  size_t data_offset = 0;  ///< where the elements start

  bool is_text() const { return stored == NpyStored::kUnicode || stored == NpyStored::kBytes; }
};

/// Reads the header of `bytes`; every extent is checked, so that type.bytes() cannot overflow.
/// Throws FileError, calling the bytes `name`.
/// @param text_allowed  whether an array of text will do.
NpyHeader parse_npy_header(std::string_view bytes, const std::string& name, bool text_allowed = false);

/// The strings of an array of text, in row-major order, in UTF-8. Throws FileError as parse_npy does.
std::vector<std::string> parse_npy_text(std::string_view bytes, const std::string& name);

/// Magic, version and header text, padded as NumPy pads it.
std::string npy_header(const TensorType& type);
/// The same for texts of up to so many characters, of four bytes each.
std::string npy_text_header(size_t characters, const Shape& shape);

}  // namespace lamina::detail
