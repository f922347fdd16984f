// What metrics of translations ask of their arguments, and the words that a text splits into. Internal
// header.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/text/detail/ngram_counts.h"

namespace lamina::detail {

/// Throws InvalidArgument, which begins with `who`, for lists without segments and lists of references that
/// are not as long as the hypotheses.
void check_segments(const std::vector<std::string>& hypotheses,
                    const std::vector<std::vector<std::string>>& references, const char* who);

/// The places between white space, as Python's str.split() finds them. `text` is UTF-8.
std::vector<TokenPlace> split_at_spaces(std::string_view text);

/// One reference each, as lists for a corpus of one segment.
std::vector<std::vector<std::string>> one_segment_each(const std::vector<std::string>& references);

}  // namespace lamina::detail
