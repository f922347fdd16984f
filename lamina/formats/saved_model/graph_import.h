// From the functions of a SavedModel to one graph of operators. Internal header.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/formats/detail/tensor_bundle.h"
#include "lamina/formats/onnx/imported_graph.h"
#include "lamina/formats/saved_model/read_asset.h"

namespace lamina::tensorflow {

/// The graph of a signature: functions are put in the places of their calls, and variables that it reads become
/// weights, under their names.
/// @param bytes       saved_model.pb.
/// @param signature   its name; empty: serving_default, or the only one.
/// @param checkpoint  the values of variables; null where the folder has none.
/// @param trainable   by key in the checkpoint: whether a variable is trained; those that are not named are.
/// @param read_asset  for tables that are filled from text files.
/// Throws InvalidArgument for a damaged file, for an unknown signature, for graphs that are cyclic or lack something, and Unsupported
/// for operators that are not known, all in one message.
std::shared_ptr<onnx::ImportedGraph> import_graph(std::string_view bytes, const std::string& signature,
                                                  lamina::detail::TensorBundle* checkpoint,
                                                  const std::map<std::string, bool>& trainable,
                                                  const ReadAsset& read_asset);

/// The names of the signatures in saved_model.pb, sorted. Throws InvalidArgument for a damaged file.
std::vector<std::string> signatures_of(std::string_view bytes);

}  // namespace lamina::tensorflow
