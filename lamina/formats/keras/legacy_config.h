// Configurations of Keras 1 and 2 in the words of Keras 3. Internal header.
//
// One table for each era: Keras 1's words become Keras 2's (legacy_keras1.cpp), those Keras 3's
// (legacy_keras2.cpp). Around them: models and their nodes (legacy_config.cpp), channels_first
// (legacy_channels.cpp), what training needs (legacy_training.cpp).
#pragma once

#include <string>

#include "lamina/base/json.h"

namespace lamina::detail {

/// Who wrote a file.
struct LegacyWriter {
  std::string version;  ///< of Keras, "2.4.0"; empty where the file does not say it
  std::string backend;  ///< "tensorflow", "theano"; empty where the file does not say it

  /// 1, 2 or 3; where the version is not stated, what the configuration's words tell.
  int era(const Json& model) const;
  /// Whether GRUs whose configuration does not say it reset after the product.
  bool resets_after() const;
};

/// The configuration of a model as Keras 3 writes it, which Model::from_json reads. `training` is the file's
/// training_config, null for none. A configuration of Keras 3 stays as it is, but for that.
/// Throws InvalidArgument for a configuration that is none, and Unsupported, naming the layer, for what
/// Keras 3 has no words for.
Json keras3_config(const Json& model, const Json& training, const LegacyWriter& writer);

/// The parts, for one layer ({"class_name", "config", ...}) each.
void from_keras1(Json& layer);
void from_keras2(Json& layer, const LegacyWriter& writer);
/// A call of TensorFlow's as an operation of Keras's; nodes included.
void from_tensorflow_op(Json& layer);
/// Whether the layer computes on images with the channels first.
bool is_channels_first(const Json& layer);
/// The layers of a Sequential with the channels last, each between changes of order.
Json sequence_with_channels_last(const Json::List& layers);
/// The same for those of a graph, whose configuration has "layers", "input_layers" and "output_layers".
void graph_with_channels_last(Json& config);
/// compile_config from training_config.
Json compile_config_from(const Json& training);

/// Members of a configuration: of another name, where there is one; left out.
void rename_member(Json& config, const char* from, const char* to);
void drop_member(Json& config, const char* name);

}  // namespace lamina::detail
