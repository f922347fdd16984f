// Where the passphrase of an encrypted file comes from: never from the command line, which others see.
#pragma once

#include <string>

namespace lamina::cli {

/// The first line of `file`, or, where that is "", $LAMINA_PASSPHRASE, or what a person at the terminal
/// types, unseen.
/// @param twice  whether a person types it twice, since a new file is made with it.
/// Throws UsageError where there is none of these, FileError for a file that cannot be read, and Error for
/// two typed that differ and for an empty one.
std::string ask_passphrase(const std::string& file, bool twice);

}  // namespace lamina::cli
