// Layers models of TensorFlow.js: model.json, with Keras's topology and a manifest of weights, and the shards
// beside it.
#pragma once

#include <string>

#include "lamina/formats/load_report.h"
#include "lamina/nn/model.h"

namespace lamina {

/// Whether a text is the model.json of TensorFlow.js: a JSON object with a modelTopology or a
/// weightsManifest.
bool is_tfjs_model(const std::string& text);

/// The model of a model.json (format "layers-model") with its weights, from the shards that it names in its
/// own folder; weights that were quantised to uint8, uint16 or float16 are float32 again. load_model calls it
/// for a ".json" of this kind.
/// @param report  when given: what became of each array.
/// Throws FileError for a graph model (which has no layers), for shards that are missing, of another length
/// or outside of the folder, and as load_keras does.
Model load_tfjs(const std::string& path, LoadReport* report = nullptr, const LoadOptions& options = {});

}  // namespace lamina
