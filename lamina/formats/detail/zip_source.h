// Bytes as libzip reads them, and its errors as texts. Internal header.
#pragma once

#include <zip.h>

#include <string>

#include "lamina/formats/detail/byte_source.h"

namespace lamina::detail {

/// What libzip reads an archive from; null, and `error` says why, where it cannot be made.
zip_source_t* zip_source_of(const ByteSource& bytes, zip_error_t* error);

/// The text of an error, which is then let go.
std::string zip_error_text(zip_error_t* error);

}  // namespace lamina::detail
