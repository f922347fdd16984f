// TextHashing: texts to bins, as Keras's Hashing layer has it for strings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/core/tensor.h"

namespace lamina {

/// Options of TextHashing, with Keras's names and defaults (keras.layers.Hashing).
struct TextHashingOptions {
  /// A text that means nothing: bin 0, which no other has then (with more than one bin).
  std::optional<std::string> mask_value = {};
  /// Two numbers, the key of SipHash-2-4; none: FarmHash's Fingerprint64.
  std::vector<int64_t> salt = {};
};

/// The bin of each text by a hash of its bytes, without a vocabulary: numbers from 0 to num_bins - 1. The layer Hashing
/// does the same for integers.
class TextHashing {
 public:
  /// Throws InvalidArgument for fewer than 1 bin and a salt of another length.
  explicit TextHashing(int64_t num_bins, TextHashingOptions options = {});

  int64_t num_bins() const { return num_bins_; }

  /// int64 (texts, 1).
  Tensor operator()(const std::vector<std::string>& texts) const;

  /// {"class_name": "Hashing", "config": {"num_bins", "mask_value", "salt"}}.
  Json to_json() const;
  /// What to_json() gave. `name` opens the message of the FileError for anything that cannot be.
  static TextHashing from_json(const Json& json, const std::string& name = "Hashing");

 private:
  int64_t num_bins_;
  TextHashingOptions options_;
};

}  // namespace lamina
