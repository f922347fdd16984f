// Text files as streams and as a whole. Internal header.
#pragma once

#include <string>

#include "lamina/data/detail/text_stream.h"

namespace lamina::detail {

/// The bytes of a file, plain or gzip-compressed, for a TextStream. Throws FileError.
TextStream::Source text_file(const std::string& path);

/// All text of a source as UTF-8. Throws FileError, calling it `name`, for more than 4 GiB.
std::string whole_text(TextStream::Source source, const std::string& name);

}  // namespace lamina::detail
