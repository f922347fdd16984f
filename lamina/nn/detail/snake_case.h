// Names that Keras makes of classes. Internal header.
#pragma once

#include <string>

namespace lamina::detail {

/// "TextVectorization" as "text_vectorization", "MaxPooling2D" as "max_pooling2d".
std::string snake_case(const std::string& camel);

}  // namespace lamina::detail
