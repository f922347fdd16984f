// SavedModel folders of TensorFlow, as far as they are Keras models: the configuration in their metadata, the
// weights in their checkpoint.
#pragma once

#include <string>

#include "lamina/formats/load_report.h"
#include "lamina/nn/model.h"

namespace lamina {

/// The Keras model of a folder that tf.keras's model.save wrote: saved_model.pb (and keras_metadata.pb from
/// TensorFlow 2.5 on) beside variables/. Its functions are not read: layers are made from the configuration,
/// and a layer of an unknown class is an error that names it. load_model calls it for such a folder.
/// @param report  when given: what became of each array.
/// Throws FileError when the folder holds no Keras model (what model.export writes, or another program), and
/// for missing, damaged or unfitting weights.
Model load_saved_model(const std::string& folder, LoadReport* report = nullptr,
                       const LoadOptions& options = {});

}  // namespace lamina
