// Folders of Hugging Face's library from before safetensors. Internal header.
#pragma once

#include <string>

#include "lamina/formats/snapshot.h"

namespace lamina::detail {

/// Whether the folder has pytorch_model.bin, or the index of its parts, and no .safetensors of that kind.
bool is_pytorch_folder(const std::string& folder);
/// The tensors in it. Throws FileError as read_pytorch does, and for an index that does not fit its files.
WeightSnapshot open_pytorch_folder(const std::string& folder);

}  // namespace lamina::detail
