// Base64, as tokenizer.json holds bytes.
#pragma once

#include <string>
#include <string_view>

namespace lamina::detail::tokenizers {

/// Throws InvalidArgument for what is no base64.
std::string from_base64(std::string_view text);
std::string to_base64(std::string_view bytes);

}  // namespace lamina::detail::tokenizers
