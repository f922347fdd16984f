// Training of the unigram language model: what UnigramSegmenter and sub-word tokenizers share.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lamina/text/detail/count_words.h"
#include "lamina/text/unigram_segmenter.h"

namespace lamina::detail {

/// Words with the logarithm of their probability, the most probable first; all characters of the runs are
/// among them.
/// @param runs  runs of characters with their counts; words do not reach beyond a run.
std::vector<std::pair<std::string, double>> train_unigram(const WordCounts& runs,
                                                          const UnigramOptions& options);

}  // namespace lamina::detail
