// JudgedTexts: texts, alone or in pairs, with what is expected of each; for fine-tuning and what it leaves.
#pragma once

#include <string>
#include <vector>

#include "data_arguments.h"
#include "lamina/zoo/transformers/text_inputs.h"

namespace lamina::cli {

struct JudgedTexts {
  std::vector<std::string> texts, pairs;  ///< pairs: second texts, or none
  std::vector<std::string> labels;        ///< as they stand in the data; empty of numbers
  std::vector<float> values;              ///< of numbers

  TextInputs inputs() const { return {texts, pairs}; }
};

/// Columns of a table that say what is judged, and how it is read.
std::vector<std::string> columns_of_judged_texts();

/// Texts with a label each of a part of `source`, which may name a part and a range itself.
/// @param known  the labels there are; empty: those of the data, which are then put there
JudgedTexts read_labelled_texts(const std::string& source, const std::string& part,
                                const DataArguments& arguments, std::vector<std::string>& known);
/// Texts with a number each.
JudgedTexts read_valued_texts(const std::string& source, const std::string& part,
                              const DataArguments& arguments);

/// A hash of all of it.
std::string hash_of(const JudgedTexts& texts);

}  // namespace lamina::cli
