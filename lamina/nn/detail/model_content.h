// Formats of models that are known by their first bytes, whatever the file is called. Internal header.
#pragma once

#include <string_view>

namespace lamina::detail {

/// Says that files which begin so are of the format of that extension, where no extension says it. `begins` gets up to
/// 512 bytes and must be sure. Called before main; returns true.
bool register_model_content(const char* extension, bool (*begins)(std::string_view start));

}  // namespace lamina::detail
