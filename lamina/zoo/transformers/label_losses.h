// Losses of models that judge whole texts, by what their labels mean.
#pragma once

#include "lamina/core/tensor.h"
#include "lamina/nn/train_step.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {

/// What the scores of a text stand for: problem_type of config.json.
enum class TextProblem {
  kOneLabel,   ///< "single_label_classification": one of the classes is the text's
  kAnyLabels,  ///< "multi_label_classification": each of them is, or is not
  kNumbers,    ///< "regression": the scores are the numbers themselves
};

/// The word for it in config.json.
const char* name_of(TextProblem problem);
/// What config.json says; where it says nothing, models of one score give numbers and others tell classes
/// apart. Throws InvalidArgument for another word.
TextProblem problem_of(const PretrainedModel& model);
/// The same of the content of a config.json whose class is ...ForSequenceClassification.
TextProblem problem_of(const Json& config);

/// The mean binary cross-entropy of the targets that count, a scalar; 0 where none does.
/// @param targets  float32 (batch, labels): 1 or 0, or a share; NaN does not count
/// @param logits   (batch, labels)
Tensor any_labels_loss(const Tensor& targets, const Tensor& logits);
/// The mean squared error of the targets that count.
/// @param targets  float32 (batch, numbers); NaN does not count
/// @param values   (batch, numbers)
Tensor numbers_loss(const Tensor& targets, const Tensor& values);

namespace detail {
/// The loss that the problem is learned by; with it goes into the log what people judge by: "accuracy",
/// "binary_accuracy" of each label, "mean_absolute_error".
/// @param label_smoothing  of classes, while training
Tensor logged_loss(TextProblem problem, TrainStep& step, const Tensor& scores, double label_smoothing = 0);
}  // namespace detail

}  // namespace lamina
