// From labelled data to what a model takes: scaling, targets, parts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/data/labelled_data.h"
#include "lamina/nn/model.h"

namespace lamina {

/// Samples first, first + 1, ..., first + count - 1 of `data`. Throws InvalidArgument when there are fewer.
LabelledData part_of(const LabelledData& data, int64_t first, int64_t count);
/// The samples of these numbers, in this order. Throws InvalidArgument for a number beyond them.
LabelledData part_of(const LabelledData& data, const std::vector<int64_t>& numbers);

/// What load_data has to know of the model: names and shapes of its inputs, what its loss compares, how many
/// classes it tells apart, and what it knows of its data.
///
///   LabelledData test = load_data("test.csv", {.needs = model_needs(model)});
DataNeeds model_needs(const Model& model);
/// The same as far as what is known of the data says it: what samples are, names, and where the target
/// stands.
/// @param name  who knows it, for the message of a FileError.
DataNeeds needs_of(const DataInfo& info, const std::string& name);

/// Adds to the model's DataInfo what it does not know yet and these data say: names of classes and columns;
/// the target is the one of these data.
/// Call it with the data of a training. Names of classes that are "0", "1", ... are kept of folders only:
/// elsewhere such labels are numbers.
void learn_data_info(Model& model, const LabelledData& data);
void learn_data_info(DataInfo& info, const LabelledData& data);

/// Whether one of the inputs is pictures of bytes, as settle_scale describes them.
bool holds_pictures(const LabelledData& data);

/// Where `data` are pictures of bytes and the model does not say how it takes them (DataInfo::scale), decides
/// it, keeps it in the model and tells it to the log: they are divided by 255, unless the model begins with a
/// Rescaling or BatchNormalization layer of its own. Pictures of bytes are uint8 of rank 3 or more, or wider
/// integers within 0..255 of the shape (n, height, width, 1 or 3). Floats stay as they are; where the model
/// takes 0..1 and they go up to 255, that is told.
void settle_scale(Model& model, const LabelledData& data);

/// `x` as the model takes it: pictures of bytes become float32 in [0, 1] where the model's DataInfo says so
/// or, if it says nothing, unless the model begins with a Rescaling or BatchNormalization layer of its own; a
/// missing channel axis is added, or one channel dropped, where the model's input shape asks for that.
Tensor model_input(const Model& model, const Tensor& x);

/// Targets as the model's loss takes them: class numbers, (n,) or (n, 1), become rows with a one where it
/// compares rows, and a column of zeros and ones for one output of yes and no; everything else stays. Throws
/// InvalidArgument for class numbers beyond the model's outputs.
Tensor model_targets(const Model& model, const Tensor& y);

/// Samples for a model of any number of inputs and outputs.
struct ModelSamples : Samples {
  /// All inputs and targets, where there are several; x and y are then the first of them.
  Tensors inputs = {}, targets = {};

  /// The inputs, one or several, and the targets.
  Tensors all_x() const;
  Tensors all_y() const;
  operator Batch() const;
};

/// The data as the model takes them. Of a series: windows, each with the value behind it. Throws
/// InvalidArgument for a series that is shorter than that.
ModelSamples model_samples(const Model& model, const LabelledData& data);

/// How many samples stand before the first that a model of a series can be judged by: its window; 0 for other
/// models.
int64_t context_of(const Model& model);

/// What of a series the model has not learned, with the window before it, where the series begins with what
/// it was trained on; that is told to the log. Everything, where it begins with something else, and for other
/// models.
LabelledData unseen_part(const Model& model, const LabelledData& data);

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
/// The samples of that range; all where none was given. Throws InvalidArgument when there are fewer.
LabelledData part_of(const LabelledData& data, const SourceRange& range);

}  // namespace lamina
