// Models whose first layer takes texts. Internal header.
#pragma once

#include <optional>
#include <string>

#include "lamina/base/json.h"
#include "lamina/nn/data_info.h"

namespace lamina::detail {

/// Tensors hold numbers: of a model of one text a sample, what turns texts into numbers becomes part of what
/// the model knows of its data, and `config` that of the model behind it. A TextVectorization at its input
/// goes; a StringLookup there becomes an IntegerLookup of the numbers of words. Absent, and `config` as it
/// is, for a model without such a layer. `config` holds the vocabularies already. Throws FileError, calling
/// the file `name`, for texts that come in by another way, or options that have no counterpart.
std::optional<TextInfo> take_text_front(Json& config, const std::string& name);

}  // namespace lamina::detail
