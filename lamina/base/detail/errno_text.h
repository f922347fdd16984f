// Internal header: what the system says of a failed call.
#pragma once

#include <string>
#include <system_error>

namespace lamina::detail {

/// "No such file or directory"
inline std::string errno_text(int error) { return std::generic_category().message(error); }

}  // namespace lamina::detail
