// TextPlan: what turns texts into numbers, in steps that ONNX's operators on strings can take. Internal header.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/data_info.h"

namespace lamina::onnx {

/// The steps in their order. What ONNX offers is little: strings are split at a separator, joined, compared, and looked
/// up in a table.
struct TextPlan {
  /// Each occurrence of the first becomes the second, one pair after the other: letters of upper case, punctuation,
  /// white space.
  std::vector<std::pair<std::string, std::string>> replaced = {};

  enum class Cut {
    kNot,         ///< the text is one token
    kSeparator,   ///< at each separator; empty tokens are none
    kCharacters,  ///< into characters, by an operator of ONNX Runtime's
  } cut = Cut::kSeparator;
  std::string separator = " ";
  /// Lengths of the runs of tokens, joined by spaces, that are looked up in their place; none: tokens as they are.
  std::vector<int64_t> runs = {};

  std::vector<std::string> words = {};
  std::vector<int64_t> numbers = {};  ///< of these, above 0
  int64_t unknown = 0;                ///< of all other tokens; 0: they are left out

  enum class Result {
    kNumbers,  ///< rows of numbers
    kCounts,   ///< how often each column's word occurs; word n has column n - 1
    kOnce,     ///< whether it does
  } result = Result::kNumbers;
  int64_t length = 0;                        ///< of the rows of numbers; 0: of the longest
  bool fill_front = false, cut_front = false;  ///< at which end rows are filled up with 0 and cut
  int64_t columns = 0;                       ///< of counts
  std::vector<float> weights = {};           ///< that counts are multiplied by, one a column; none: they are not

  /// The first operator set of ai.onnx with all that it takes.
  int oldest_opset() const;
};

/// Throws Unsupported, with the reason, for what ONNX has no operators for, and as TextPreprocessing does for what is none.
TextPlan plan_of(const TextInfo& info);

}  // namespace lamina::onnx
