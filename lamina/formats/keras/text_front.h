// Models whose first layer takes texts. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/nn/data_info.h"

namespace lamina::detail {

/// What was taken off an input of a model.
struct TextFront {
  TextInfo text;           ///< what turns texts into numbers
  Json taken;              ///< the layers that stood there, for put_text_fronts
  std::string input = {};  ///< its name
  bool alone = true;       ///< whether the model has no other
};

/// Tensors hold numbers: of a model of one text a sample and input, what turns texts into numbers becomes part of what
/// the model knows of its data, and `config` that of the model behind it. A TextVectorization at an input
/// goes; a StringLookup there becomes an IntegerLookup of the numbers of words. They may stand at the input of a
/// model that itself stands at an input. None, and `config` as it is, for a model without such a layer. `config`
/// holds the vocabularies already. Throws FileError, calling the file `name`, for texts that come in by another way, or
/// options that have no counterpart.
std::vector<TextFront> take_text_fronts(Json& config, const std::string& name);

/// What the model knows of its data, with what was taken: it is put back where the model is written.
DataInfo with_text_fronts(DataInfo info, const std::vector<TextFront>& fronts);

/// Puts back what `info` says was taken, with the vocabulary that it holds now, so that Keras finds its layer of texts
/// again. `config` stays as it is where nothing was taken, and where the input is another one by now.
void put_text_fronts(Json& config, const DataInfo& info);

}  // namespace lamina::detail
