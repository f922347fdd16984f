// How BLEU tells tokens, by sacreBLEU's names. Internal header.
#pragma once

#include <string>
#include <string_view>

namespace lamina::detail {

/// A line with white space where tokens end.
using BleuTokenizer = std::string (*)(std::string_view line);

/// The tokenizer of that name; throws InvalidArgument, suggesting the nearest, for another. Lines that it
/// gets are UTF-8.
BleuTokenizer bleu_tokenizer(const std::string& name);

}  // namespace lamina::detail
