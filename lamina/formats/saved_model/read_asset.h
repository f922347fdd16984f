// How the files that a SavedModel has beside its graph are read. Internal header.
#pragma once

#include <functional>
#include <string>

namespace lamina::tensorflow {

/// The bytes of a file of the model's own, by its name without a folder. Throws FileError for one that is missing.
using ReadAsset = std::function<std::string(const std::string& name)>;

}  // namespace lamina::tensorflow
