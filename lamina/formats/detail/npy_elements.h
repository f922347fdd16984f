// .npy files without a second copy of their elements: read straight into a tensor, written straight from one. Internal
// header.
#pragma once

#include <functional>
#include <string>

#include "lamina/core/tensor.h"
#include "lamina/formats/detail/npy_header.h"
#include "lamina/formats/detail/pieces.h"
#include "lamina/formats/detail/zip_archive.h"

namespace lamina::detail {

/// parse_npy_header and parse_npy of bytes that are fetched.
NpyHeader npy_header_of(const ByteSource& bytes, const std::string& name, bool text_allowed = false);
Tensor parse_npy(const ByteSource& bytes, const std::string& name);

/// The array in a member of an archive, checked against its checksum; `name` is what to call it in messages. Throws
/// FileError.
Tensor read_npy_member(const ZipReader& archive, const std::string& member, const std::string& name);

/// The file of a tensor of that type, which `read` gives.
Pieces npy_pieces(const TensorType& type, std::function<Tensor()> read);

}  // namespace lamina::detail
