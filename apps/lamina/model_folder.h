// Folders of models: what one is, and which command takes it.
#pragma once

#include <string>

namespace lamina::cli {

/// Throws InvalidArgument where `path` is a folder that `command` ("predict") does not take: it says what the
/// folder is, and what to do with it.
/// @param takes_language  whether the command takes folders of models that write
void check_folder(const std::string& command, const std::string& path, bool takes_language);

}  // namespace lamina::cli
