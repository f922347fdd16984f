// What Keras's JSON says of a model and its layers. Internal header.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lamina/base/json.h"

namespace lamina::detail {

/// Whether it is a layer of that class, with a configuration.
bool is_class(const Json& layer, const char* name);
/// The layers of a model; null for what is none.
const Json* layers_of(const Json& model);
std::ptrdiff_t count_inputs(const std::vector<Json>& layers);
/// A member, or null.
Json member_or_null(const Json& config, const char* key);
std::string layer_name(const Json& layer);
/// Whether that is an output of that layer: [name, call, output], of Keras 2 with arguments behind.
bool is_output_of(const Json& json, const std::string& layer);
/// Calls of layer `from` become calls of `to`.
void redirect_calls(Json& model, const std::string& from, const std::string& to);
/// The shape that the model says it was built for.
void set_built_for(Json& model, const Json& shape);

}  // namespace lamina::detail
