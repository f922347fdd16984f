// Classification: what a model said about labelled samples, and where it was wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/image/picture.h"
#include "lamina/nn/model.h"

namespace lamina {

/// How a model's outputs are to be read.
enum class OutputKind {
  kClasses,       ///< one probability per class
  kClassLogits,   ///< one unnormalised log-probability per class
  kBinary,        ///< one probability of class 1
  kBinaryLogits,  ///< its log-odds
  kValues         ///< no classes: numbers
};

/// Goes by the loss the model was compiled with (a cross-entropy means classes) and by the activation of its
/// last layer (softmax and sigmoid give probabilities, after anything else they are logits); without such a
/// loss by the activation alone.
OutputKind output_kind(const Model& model);

/// What a model's first outputs stand for: where a TFLite model gives integers that stand for reals, these; else `outputs`.
Tensor real_outputs(const Model& model, const Tensor& outputs);

/// Probabilities of the classes, (samples, classes), from a model's outputs; a binary output gives two
/// classes. Throws InvalidArgument for OutputKind::kValues.
std::vector<std::vector<float>> class_probabilities(const Tensor& outputs, OutputKind kind);

/// Labelled samples with what a model said.
struct Classification {
  int classes = 0;
  std::vector<int> expected;                      ///< true class of each sample
  std::vector<int> predicted;                     ///< most probable class
  std::vector<float> confidence;                  ///< its probability
  std::vector<std::vector<float>> probabilities;  ///< of all classes, for each sample

  /// [true class][predicted class]: numbers of samples.
  std::vector<std::vector<int64_t>> confusion() const;
  /// At most `most` samples that were classified wrongly, the most confident first.
  std::vector<size_t> worst_mistakes(size_t most) const;
};

/// Compares outputs with targets `y`: one-hot rows, class numbers, or zeros and ones. Throws InvalidArgument
/// when their numbers differ, a class number is out of range, or an output is NaN.
Classification classify(const Tensor& outputs, const Tensor& y, OutputKind kind);

/// Whether samples of this shape (batch axis first) can be shown as pictures: (n, height, width) or
/// (n, height, width, 1 or 3).
bool is_image(const Shape& samples);

/// Sample `index` of `x` as a picture; floats are taken to lie in [0, 1], integers in 0..255. Throws
/// InvalidArgument unless is_image(x.shape()) and there is such a sample.
Picture picture_of(const Tensor& x, int64_t index);

}  // namespace lamina
