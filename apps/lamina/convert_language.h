// What lamina convert makes of folders of language models. Internal header.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "convert_shapes.h"
#include "lamina/nn/model.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina::cli {

/// The folder's model as `out` is to have it, with inputs by name: ids in TFLite are int32. Inputs that are mostly left
/// out (position_ids) are there where `shapes` names one; what `shapes` says of a text's ids goes for its mask, too, and
/// is added there.
Model language_model_for(const std::shared_ptr<PretrainedModel>& model, const std::string& out, InputShapes& shapes);

/// What lies in the folder beside weights and configuration: tokenizers and how it is asked. A line, or none.
/// @param weights_alone  whether config.json does not come along either
std::vector<std::string> left_in_folder(const std::string& folder, bool weights_alone);

}  // namespace lamina::cli
