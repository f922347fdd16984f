// What operators on texts share. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/formats/saved_model/operator.h"

namespace lamina::tensorflow {

/// The texts of input `i`. Throws InvalidArgument where one is no UTF-8.
const std::vector<std::string>& utf8_of(const Call& call, size_t i);

/// What splits words without an encoding.
inline bool ascii_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace lamina::tensorflow
