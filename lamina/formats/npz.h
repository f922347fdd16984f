// NumPy's .npz files: named arrays in a zip archive.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "lamina/core/tensor.h"

namespace lamina {

/// The arrays of the .npz file at `path`, compressed or not, by name (without ".npy"). Members that are not
/// .npy files are skipped. Throws FileError when the file is missing or damaged, when it inflates to far more
/// than its size warrants (a zip bomb), or for the reasons of read_npy.
std::map<std::string, Tensor> read_npz(const std::string& path);

/// The same from bytes in memory.
/// @param name  what to call them in error messages.
std::map<std::string, Tensor> parse_npz(std::string_view bytes, const std::string& name);

/// Writes `arrays` for numpy.load, not compressed; the same arrays give the same bytes. The file is replaced
/// atomically. Throws FileError.
void write_npz(const std::string& path, const std::map<std::string, Tensor>& arrays);

/// The bytes that write_npz writes.
std::string npz_bytes(const std::map<std::string, Tensor>& arrays);

}  // namespace lamina
