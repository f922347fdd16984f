// What Keras keeps of layers beside the configuration: vocabularies. Internal header.
#pragma once

#include "lamina/base/json.h"
#include "lamina/formats/keras/archive.h"

namespace lamina::detail {

/// The configuration of the archive, with the vocabularies and weights of terms ("idf_weights") that the
/// archive holds for layers put into the configurations of these layers, as Keras takes them there. Layers
/// are found as their weights are: classes numbered in the order of each model's list.
/// Throws FileError, calling the archive `name`, for a vocabulary of integers that is none.
Json with_vocabularies(const KerasArchive& archive, const std::string& name);

/// Writes the weights of terms that the archive's configuration holds to where Keras reads them, too.
void store_term_weights(KerasArchive& archive);

}  // namespace lamina::detail
