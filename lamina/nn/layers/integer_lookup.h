// IntegerLookup: integers to their places in a vocabulary, and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/nn/layer.h"

namespace lamina {

namespace detail {
enum class CategoryMode;
}

/// Options of IntegerLookup, with Keras's names and defaults.
struct IntegerLookupOptions {
  /// Most places, the special ones included; 0: no limit.
  int64_t max_tokens = 0;
  /// Places for integers that are not in the vocabulary, 1 or more: integer modulo num_oov_indices.
  int64_t num_oov_indices = 1;
  /// Stands for unknown places where the layer is inverted.
  int64_t oov_token = -1;
  /// An integer that means nothing: place 0 in mode "int", in no place otherwise.
  std::optional<int64_t> mask_token = {};
  /// Places to integers, in mode "int" alone.
  bool invert = false;
  /// "int": the place, int64; "one_hot", "multi_hot" and "count" as in CategoryEncoding.
  std::string output_mode = "int";
  /// Whether the other modes have max_tokens places even where the vocabulary is smaller.
  bool pad_to_max_tokens = false;
  std::string name = {};
  std::string dtype = {};
};

/// The place of each integer in the vocabulary (Keras: keras.layers.IntegerLookup): place 0 is that of the
/// mask token if there is one (mode "int"), then come those of unknown integers, then the vocabulary. No
/// gradient passes.
class IntegerLookup final : public KerasLayer<IntegerLookup> {
 public:
  /// @param vocabulary  integers, each once, with or without the special ones in front (mask_token in mode
  ///                    "int", then oov_token, num_oov_indices times).
  /// Throws InvalidArgument for an empty vocabulary, integers that occur twice, more than max_tokens, no
  /// place for unknown ones, and options that do not fit each other.
  explicit IntegerLookup(std::vector<int64_t> vocabulary, const IntegerLookupOptions& options = {});
  std::string class_name() const override { return "IntegerLookup"; }
  DType input_dtype(DType) const override { return DType::kInt64; }
  Shape compute_output_shape(const Shape& input) const override;
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;

 protected:
  Json own_config() const override;
  bool records_build() const override { return false; }

 private:
  int64_t first_unknown() const;
  int64_t first_token() const { return first_unknown() + options_.num_oov_indices; }
  int64_t depth() const;
  Tensor places(const Tensor& x) const;
  Tensor tokens(const Tensor& places) const;

  std::vector<int64_t> vocabulary_;  // without the special ones
  IntegerLookupOptions options_;
  detail::CategoryMode mode_;
};

}  // namespace lamina
