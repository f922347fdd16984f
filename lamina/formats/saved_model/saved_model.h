// SavedModel folders of TensorFlow: Keras models by the configuration in their metadata and the weights in
// their checkpoint, others by the graphs of their functions.
#pragma once

#include <string>

#include "lamina/formats/load_report.h"
#include "lamina/nn/model.h"

namespace lamina {

/// The model of a SavedModel folder: saved_model.pb beside variables/. With Keras's metadata (which
/// tf.keras's model.save wrote; keras_metadata.pb from TensorFlow 2.5 on) layers are made from the
/// configuration. Without, or where a layer is of an unknown class, which is a warning, the model is a graph
/// of one layer of class OnnxGraph: that of the signature serving_default, or of the only one, with the
/// signature's names of inputs and outputs, and variables as weights under their names. load_model calls it
/// for such a folder.
/// @param report  when given: what became of each array.
/// Throws FileError for missing, damaged or unfitting weights, for graphs that are cyclic or lack a function,
/// and for operators that are not known, all in one message with their nodes.
Model load_saved_model(const std::string& folder, LoadReport* report = nullptr,
                       const LoadOptions& options = {});

}  // namespace lamina
