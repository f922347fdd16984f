// Arguments that are younger than Keras 3.0. Internal header.
#pragma once

#include <string>

#include "lamina/base/json.h"

namespace lamina::detail {

/// The configuration of a Keras class without those arguments that Keras got after version 3.0 and that have
/// their default value: they say nothing, and older versions refuse them. With another value they stay, since
/// the object then is one that only newer versions know.
Json without_young_defaults(const std::string& class_name, Json config);

}  // namespace lamina::detail
