// One signature of a SavedModel folder, where it has several.
// lamina.h leaves it out.
#pragma once

#include <string>
#include <vector>

#include "lamina/formats/load_report.h"
#include "lamina/nn/model.h"

namespace lamina {

/// What one signature of a SavedModel folder computes, as a model of one layer of class OnnxGraph with the
/// signature's names of inputs and outputs, whether or not the folder says of which layers it is made.
/// @param signature  one of saved_model_signatures(folder).
/// @param report     when given: what became of each array.
/// Throws InvalidArgument for an unknown name, listing those that there are, and FileError as load_saved_model
/// does.
Model load_saved_model_signature(const std::string& folder, const std::string& signature,
                                 LoadReport* report = nullptr);

/// The names of the signatures in a SavedModel folder, sorted; none of those that TensorFlow keeps for itself
/// ("__saved_model_init_op"). Throws FileError for a folder without saved_model.pb, or with a damaged one.
std::vector<std::string> saved_model_signatures(const std::string& folder);

}  // namespace lamina
