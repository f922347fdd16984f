// Rotary positions: heads that are turned by an angle for each position. Internal header.
#pragma once

#include <string>
#include <vector>

#include "lamina/core/tensor.h"
#include "lamina/zoo/transformers/detail/config_values.h"

namespace lamina::detail {

/// The angles of one model (Su et al., 2021, arXiv 2104.09864), stretched in one of the ways that
/// "rope_parameters" or, in older files, "rope_scaling" name: default, linear, dynamic, llama3 (Llama 3.1),
/// yarn (Peng et al., 2023, arXiv 2309.00071), longrope (Ding et al., 2024, arXiv 2402.13753).
class Rotary {
 public:
  /// Throws InvalidArgument, by name, for other ways and for parameters that cannot be.
  /// @param width  of a head
  Rotary(const Json& config, int64_t width, int64_t max_position_embeddings);

  /// Cosines and sines, (rows, tokens, 1, width / 2) each.
  struct Turn {
    Tensor cosine, sine;
  };
  /// @param positions  int32 (rows, tokens)
  /// @param lengths  of the texts that they are in, int32 (rows, 1 or tokens); undefined: each row ends with
  /// its last position.
  ///   Only dynamic and longrope heed them; what was computed of a shorter text stays as it was.
  Turn at(const Tensor& positions, const Tensor& lengths = {}) const;
  /// (rows, tokens, heads, width), each half with the other.
  static Tensor turned(const Tensor& x, const Turn& turn);

  /// Tokens that it is made for; 0: any number.
  int64_t longest() const { return longest_; }
  /// Tokens up to which a text's length changes no angle; 0: any number.
  int64_t steady() const {
    return dynamic_factor_ == 0 && beyond_.empty() ? 0 : static_cast<int64_t>(original_);
  }

 private:
  /// (1 or rows, 1 or tokens, 1, pairs)
  Tensor frequencies_of(const Tensor& positions, const Tensor& lengths) const;

  int64_t longest_;
  std::vector<float> frequencies_;  // of each pair of elements, in radians for each token
  std::vector<float> beyond_;       // of texts longer than original_; empty: the same
  double scale_ = 1;                // of cosines and sines
  double original_ = 0;             // tokens
  double dynamic_factor_ = 0;       // 0: not dynamic
  double theta_ = 0;
};

}  // namespace lamina::detail
