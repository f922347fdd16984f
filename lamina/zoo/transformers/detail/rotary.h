// Rotary positions: heads that are turned by an angle for each position. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/zoo/transformers/detail/config_values.h"

namespace lamina::detail {

/// The angles of one model (Su et al., 2021, arXiv 2104.09864), stretched in one of the ways that
/// "rope_parameters" or, in older files, "rope_scaling" name: default, linear, llama3 (Llama 3.1), yarn (Peng
/// et al., 2023, arXiv 2309.00071).
class Rotary {
 public:
  /// Throws InvalidArgument, by name, for other ways and for parameters that cannot be.
  /// @param width  of a head
  Rotary(const Json& config, int64_t width, int64_t max_position_embeddings);

  /// Cosines and sines, (rows, tokens, 1, width / 2) each.
  struct Turn {
    Tensor cosine, sine;
  };
  Turn at(const Tensor& positions) const;
  /// (rows, tokens, heads, width), each half with the other.
  static Tensor turned(const Tensor& x, const Turn& turn);

  const std::vector<float>& frequencies() const { return frequencies_; }
  double scale() const { return scale_; }

 private:
  std::vector<float> frequencies_;  // of each pair of elements, in radians for each token
  double scale_ = 1;                // of cosines and sines
};

}  // namespace lamina::detail
