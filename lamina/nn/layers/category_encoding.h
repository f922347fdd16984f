// CategoryEncoding: numbers of categories as indicators or counts.
#pragma once

#include <cstdint>
#include <string>

#include "lamina/nn/layer.h"

namespace lamina {

namespace detail {
enum class CategoryMode;
}

/// Options of CategoryEncoding.
struct CategoryEncodingOptions {
  /// "one_hot": each number an indicator, (batch, 1) or (batch) to (batch, num_tokens); "multi_hot": 1 for
  /// the numbers of a row (batch, n), and "count": how often each occurs there.
  std::string output_mode = "multi_hot";
  std::string name = {};
  std::string dtype = {};
};

/// Integers from 0 to num_tokens - 1 as vectors of num_tokens elements (Keras:
/// keras.layers.CategoryEncoding). Other numbers are in no place, as in Keras; floats must be whole, or the
/// computation ends with an error. No gradient passes.
class CategoryEncoding final : public KerasLayer<CategoryEncoding> {
 public:
  /// @param num_tokens  categories, 1 or more.
  /// Throws InvalidArgument for less and for an unknown output_mode.
  explicit CategoryEncoding(int64_t num_tokens, const CategoryEncodingOptions& options = {});
  std::string class_name() const override { return "CategoryEncoding"; }
  DType input_dtype(DType given) const override { return given; }
  Shape compute_output_shape(const Shape& input) const override;
  TensorSpecs compute_output_specs(const TensorSpecs& inputs) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;

 protected:
  Json own_config() const override;

 private:
  int64_t num_tokens_;
  detail::CategoryMode mode_;
};

}  // namespace lamina
