// Layers that take texts, and what a model has in their place. Internal header.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "lamina/base/json.h"
#include "lamina/nn/data_info.h"

namespace lamina::detail {

inline constexpr char kVectorization[] = "TextVectorization";
inline constexpr char kLookup[] = "StringLookup";
inline constexpr char kHashing[] = "Hashing";

/// What the input behind such a layer takes.
struct Numbers {
  Json shape;
  const char* dtype;
};

/// A layer of texts taken apart.
struct TextLayer {
  TextInfo text;                       ///< what turns texts into numbers
  Numbers numbers;
  std::optional<Json> behind = {};     ///< the layer that goes on with the numbers; none: they are what it gave
  Json kept = {};                      ///< what is put back where the model is written: without what `text` keeps
};

/// Whether it takes texts whenever it is at an input: a Hashing takes integers, too.
bool takes_texts_only(const Json& layer);
bool is_text_layer(const Json& layer);
/// The classes of layers that may stand for one in a model that was read.
bool may_stand_for_text_layer(const Json& layer);
/// Calls `fail`, which does not return, for options that have no counterpart.
TextLayer taken_apart(const Json& layer, const std::function<void(const std::string& why)>& fail);

}  // namespace lamina::detail
