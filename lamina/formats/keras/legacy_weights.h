// Where Keras 1, 2 and, in .h5 files, 3 keep weights: a group for each layer, whose attribute weight_names
// lists its arrays in order. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/formats/detail/hdf5.h"
#include "lamina/formats/keras/legacy_config.h"
#include "lamina/formats/load_report.h"
#include "lamina/nn/model.h"

namespace lamina::detail {

/// The attribute of a whole model in which, as JSON, stands what it knows of its data (DataInfo). Keras passes it over.
inline constexpr char kH5DataInfo[] = "lamina_data_info";

/// How layers of the file and of the model are paired.
enum class LegacyPairing {
  kByOrder,  ///< the layers that have weights, in their order, as Keras does
  kByName,   ///< layers of the same name; the others keep what they have
};

/// Where the weights are: "model_weights" of a file with a model, the root of one with weights alone; nothing
/// for another layout. An optional "/" does not end it.
bool has_legacy_weights(const Hdf5Tree& tree, std::string& group);

/// Who wrote the weights, from the attributes of `group` or the root.
LegacyWriter legacy_writer(const Hdf5Tree& tree, const std::string& group);

/// Puts the arrays into the model: kernels in other orders of Keras 1, Theano and cuDNN are turned to Keras
/// 3's. With errors or missing weights nothing is changed.
LoadReport apply_legacy_weights(Model& model, const Hdf5Tree& tree, LegacyPairing pairing);

/// The same for "optimizer_weights", when the model is compiled; what does not fit is skipped, with the
/// reason.
void apply_legacy_optimizer(Model& model, const Hdf5Tree& tree, LoadReport& report);

/// The texts of an attribute that may be split into NAME0, NAME1, ... for its size; nothing without it.
std::vector<std::string> legacy_names(const Hdf5Tree& tree, const std::string& group, const char* attribute);

/// The weights of a layer in the order of these files: those that are trained, then the others.
std::vector<WeightPtr> legacy_order(const Layer& layer);

/// One layer's arrays of a file as its weights want them: same number, same shapes. Throws InvalidArgument
/// where they cannot be.
std::vector<Tensor> legacy_arrays(const Layer& layer, std::vector<Tensor> arrays, const LegacyWriter& writer);

}  // namespace lamina::detail
