// IDX files: the format of MNIST and the sets made after it.
#pragma once

#include <string>
#include <string_view>

#include "lamina/core/tensor.h"

namespace lamina {

/// The array in the IDX file at `path`, plain or gzip-compressed, with the element type and extents that its
/// header states. Throws FileError when it is missing, damaged, or longer or shorter than its header says.
/// See http://yann.lecun.com/exdb/mnist/ (section "the IDX file format").
Tensor read_idx(const std::string& path);

/// The same from bytes in memory, not compressed.
/// @param name  what to call them in error messages.
Tensor parse_idx(std::string_view bytes, const std::string& name);

}  // namespace lamina
