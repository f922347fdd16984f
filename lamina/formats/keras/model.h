// Between models and the values of a .keras archive. Internal header.
#pragma once

#include <string>

#include "lamina/formats/keras/archive.h"
#include "lamina/formats/load_report.h"
#include "lamina/nn/model.h"

namespace lamina::detail {

/// The archive of a model, without extra members. Throws InvalidArgument for a model that is not built.
KerasArchive archive_of(const Model& model);

/// The model of an archive, weights and optimizer state included. Throws FileError, calling the archive
/// `name`.
Model model_of(const KerasArchive& archive, const std::string& name, LoadReport* report = nullptr,
               const LoadOptions& options = {});

/// The model of an HDF5 image of Keras 1, 2 or 3 that holds one whole.
Model legacy_model_of(const ByteSource& bytes, const std::string& name, LoadReport* report = nullptr,
                      const LoadOptions& options = {});

/// One warning that names the weights in which there is NaN.
void warn_of_nan(const Model& model, const std::string& name);

/// The model of a configuration whose weights come from a file of `stored` elements: one that asks for far
/// more is refused before it takes their memory, and values that the file replaces are not drawn.
Model configured_model(const Json& config, int64_t stored, const LoadOptions& options);

}  // namespace lamina::detail
