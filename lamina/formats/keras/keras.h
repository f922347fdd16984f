// Keras 3's files: .keras archives, which are Lamina's native format, and .weights.h5.
//
// A .keras archive is a zip file of metadata.json, config.json (the model's configuration, in Keras's schema)
// and model.weights.h5, an HDF5 file with the weights of each layer under layers/CLASS_NAME/vars/0, 1, ...
// and the optimizer's state under optimizer/vars. See keras/src/saving/saving_lib.py of Keras 3.
#pragma once

#include <string>

#include "lamina/base/files.h"
#include "lamina/formats/load_report.h"
#include "lamina/nn/model.h"

namespace lamina {

/// Writes the model so that Keras's load_model reads it, with its optimizer's state when it is compiled. The
/// file is replaced atomically. Model::save calls it for ".keras". Throws FileError when it cannot be written
/// and InvalidArgument for a model that is not built.
void save_keras(const Model& model, const std::string& path, const WriteOptions& options = {});

/// The model in a .keras archive that Keras 3 or Lamina wrote, compiled if it was, ready to train on. Members
/// that Keras does not know are left alone. load_model calls it for ".keras".
///
/// What only training needs does not bar predictions: with a loss, metric, optimizer, schedule, regularizer,
/// constraint or initializer that is not known here, the model is not compiled (or training it throws), one
/// warning lists them all, and saving the model writes back what the file said.
/// @param report  when given: what became of each array.
/// Throws FileError, which names the file, when it is missing, damaged, a zip bomb, or of another kind (which
/// is then named), when it names layers or arguments that Lamina does not have (all unknown layers in one
/// message), and when weights are missing or of another shape (each with path, expected and received shape).
Model load_keras(const std::string& path, LoadReport* report = nullptr, const LoadOptions& options = {});

/// The model in an .h5 or .hdf5 file of Keras 1, 2 or 3, or of Lamina: its old words are translated into
/// Keras 3's, its kernels turned to today's orders. load_model calls it for ".h5" and ".hdf5", and for a
/// ".keras" that is an HDF5 file inside. What is left out (an optimizer's state of another time) is in the
/// report.
///
/// Hard sigmoids of Keras 1 and 2 become "keras2_hard_sigmoid", since Keras 3 means another function by the
/// name. Layers with the channels first get a Permute on both sides.
/// Throws FileError as load_keras does, and for a file of weights alone: give those to load_weights.
Model load_keras_h5(const std::string& path, LoadReport* report = nullptr, const LoadOptions& options = {});

/// Writes the model as an .h5 file, whole, with the optimizer's state when it is compiled: for load_model of
/// Keras 3, and of tf.keras with compile=False, where that has the layers and initializers. Arrays and
/// configuration carry checksums, which loading compares. Model::save calls it for ".h5" and ".hdf5". Throws
/// as save_keras does.
void save_keras_h5(const Model& model, const std::string& path);

/// The model's configuration as text, as Keras's to_json gives it, without weights; Model::save calls it for
/// ".json". And the untrained model of such a text, of Keras 1, 2 or 3; load_model calls it for ".json".
/// Throws FileError, calling the text `name`, for one that is no configuration of a model.
std::string model_to_json(const Model& model);
Model model_from_json(const std::string& text, const std::string& name = "JSON",
                      const LoadOptions& options = {});

/// Options of load_weights.
struct LoadWeightsOptions {
  /// Layers are paired by name; those without a namesake keep what they have. Otherwise, in files of Keras 1
  /// and 2 and in whole models, by their order; .weights.h5 files have places of their own.
  bool by_name = false;
};

/// Writes the weights alone, and the optimizer's state, as Keras's save_weights does ("x.weights.h5").
void save_weights(const Model& model, const std::string& path);

/// Reads weights from a .weights.h5 file, a .keras archive, or an .h5 file of Keras 1, 2 or 3 (a whole model,
/// or weights alone) into a model of the same architecture. Throws as load_keras does; a file that does not
/// fit changes nothing.
LoadReport load_weights(Model& model, const std::string& path, const LoadWeightsOptions& options = {});

}  // namespace lamina
