// Unicode's normal forms as changes of a text's characters, in the version of Unicode that Hugging Face's
// have.
#pragma once

#include <string_view>
#include <vector>

#include "lamina/text/tokenizers/detail/aligned_text.h"

namespace lamina::detail::tokenizers {

enum class NormalForm { kNfc, kNfd, kNfkc, kNfkd };

/// The characters of `text` in that form. False, and nothing written, where the text is in that form already
/// and a look at its characters shows it.
bool to_normal_form(std::string_view text, NormalForm form, std::vector<Change>& changes);

}  // namespace lamina::detail::tokenizers
