// From labelled data to what a model takes: scaling, targets, parts.
#pragma once

#include <cstdint>
#include <string>

#include "lamina/data/labelled_data.h"
#include "lamina/nn/model.h"

namespace lamina {

/// Samples first, first + 1, ..., first + count - 1 of `data`. Throws InvalidArgument when there are fewer.
LabelledData part_of(const LabelledData& data, int64_t first, int64_t count);

/// `x` as the model takes it: uint8 images become float32 in [0, 1], unless the model begins with a Rescaling
/// or BatchNormalization layer of its own; a missing channel axis is added, or one channel dropped, where the
/// model's input shape asks for that.
Tensor model_input(const Model& model, const Tensor& x);

/// Targets as the model's loss takes them: class numbers, (n,) or (n, 1), become one-hot rows for categorical
/// cross-entropy and a column of zeros and ones for binary cross-entropy; everything else stays. Throws
/// InvalidArgument for class numbers beyond the model's outputs.
Tensor model_targets(const Model& model, const Tensor& y);

/// Both.
Samples model_samples(const Model& model, const LabelledData& data);

/// A source of data with a range of its samples, as in "fashion-mnist:test[0:5]".
struct SourceRange {
  std::string source;  ///< "fashion-mnist:test"
  bool given = false;  ///< whether there was a range
  int64_t begin = 0;
  int64_t end = -1;  ///< -1: to the end
};
/// Reads "SOURCE", "SOURCE[7]", "SOURCE[2:5]", "SOURCE[:5]", "SOURCE[5:]". Throws InvalidArgument for other
/// text in brackets at the end.
SourceRange parse_source(const std::string& text);

}  // namespace lamina
