// What `lamina predict` is asked about: arrays, pictures, texts and sources of data, as the model takes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data_arguments.h"
#include "lamina/explain/classification.h"
#include "lamina/nn/model.h"

namespace lamina::cli {

/// Samples of one argument, with what is known about them.
struct PredictInput {
  std::string source;            // "data.csv", whose samples have numbers,
  std::vector<int64_t> numbers;  // from `first` on unless they stand here,
  int64_t first = 0;
  std::vector<std::string> names;  // or names of their own
  Tensors x;                       // as the model takes it
  std::vector<int> expected;       // true classes, -1 where one is not known; empty where none is
  std::vector<std::string> classes;

  int64_t samples() const { return x[0].shape()[0]; }
  std::string name(size_t i) const {
    if (!names.empty()) return names[i];
    return source + "[" + std::to_string(numbers.empty() ? first + static_cast<int64_t>(i) : numbers[i]) +
           "]";
  }
};

/// What the one output says; of several outputs nothing is known.
OutputKind kind_of(const Model& model);
bool is_array(const std::string& path);
bool is_picture(const std::string& text);

/// What one argument stands for.
PredictInput read_input(Model& model, const DataArguments& arguments, const std::string& text);
/// Arrays for the inputs of one model, as `run` takes them: all with names, or all in the model's order.
PredictInput read_arrays(Model& model, const std::vector<std::string>& texts, const DataArguments& arguments);

}  // namespace lamina::cli
