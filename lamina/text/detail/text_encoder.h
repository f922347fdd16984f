// TextPreprocessing::Encoder: what turns texts into numbers, by the name of its class in files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lamina/text/text_preprocessing.h"

namespace lamina {

/// Texts to the input of a model.
class TextPreprocessing::Encoder {
 public:
  virtual ~Encoder() = default;
  virtual Tensor encode(const std::vector<std::string>& texts) const = 0;
  /// Fills in all but the segmenter.
  virtual void describe(TextInfo& info) const = 0;
  virtual std::vector<std::string> feature_names() const { return {}; }
};

namespace detail {

/// Makes the encoder that `info` describes.
using ReadTextEncoder = std::shared_ptr<const TextPreprocessing::Encoder> (*)(const TextInfo& info);

/// Adds a class of encoders of another room, before main. Returns true, for a static variable.
bool register_text_encoder(const char* class_name, ReadTextEncoder read);

}  // namespace detail
}  // namespace lamina
