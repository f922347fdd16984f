// VarianceScaling and its named cases: Glorot, He and LeCun.
#pragma once

#include <vector>

#include "lamina/nn/initializers/initializer.h"

namespace lamina {

struct VarianceScalingOptions {
  double scale = 1.0;
  std::string mode = "fan_in";  ///< "fan_in", "fan_out" or "fan_avg"
  std::string distribution =
      "truncated_normal";  ///< or "untruncated_normal", "uniform" ("normal": truncated)
  std::optional<int64_t> seed = {};
  std::vector<int64_t> input_axes =
      {};  ///< axes whose extents make fan_in; empty: by the shape, as for kernels
  std::vector<int64_t> output_axes = {};  ///< likewise fan_out; both or neither
};

/// Values whose variance is scale / n, where n is the number of inputs, of outputs, or their mean
/// (keras.initializers.VarianceScaling). A kernel (..., inputs, outputs) has as many of both as its last two
/// axes say, times the product of the others. Throws InvalidArgument for an unknown mode or distribution, a
/// scale that is not positive, and a dtype that is not floating.
class VarianceScaling : public Initializer {
 public:
  explicit VarianceScaling(VarianceScalingOptions options = {});
  std::string class_name() const override { return "VarianceScaling"; }
  Json config() const override;
  Tensor operator()(const TensorType& type, uint64_t seed = 0, int stream = 0) const override;

 protected:
  /// The configuration of the named cases: "seed", and the axes if given. Keras before 3.15 does not know the
  /// axes, so they are only written when they say something.
  Json short_config() const;

 private:
  VarianceScalingOptions options_;
};

/// Uniform within +-sqrt(6 / (inputs + outputs)): Keras's default for kernels (Glorot and Bengio, 2010).
class GlorotUniform : public VarianceScaling {
 public:
  explicit GlorotUniform(std::optional<int64_t> seed = {}, std::vector<int64_t> input_axes = {},
                         std::vector<int64_t> output_axes = {});
  std::string class_name() const override { return "GlorotUniform"; }
  Json config() const override { return short_config(); }
};

/// Truncated normal of standard deviation sqrt(2 / (inputs + outputs)) (Glorot and Bengio, 2010).
class GlorotNormal : public VarianceScaling {
 public:
  explicit GlorotNormal(std::optional<int64_t> seed = {}, std::vector<int64_t> input_axes = {},
                        std::vector<int64_t> output_axes = {});
  std::string class_name() const override { return "GlorotNormal"; }
  Json config() const override { return short_config(); }
};

/// Uniform within +-sqrt(6 / inputs) (He et al., 2015).
class HeUniform : public VarianceScaling {
 public:
  explicit HeUniform(std::optional<int64_t> seed = {}, std::vector<int64_t> input_axes = {},
                     std::vector<int64_t> output_axes = {});
  std::string class_name() const override { return "HeUniform"; }
  Json config() const override { return short_config(); }
};

/// Truncated normal of standard deviation sqrt(2 / inputs) (He et al., 2015).
class HeNormal : public VarianceScaling {
 public:
  explicit HeNormal(std::optional<int64_t> seed = {}, std::vector<int64_t> input_axes = {},
                    std::vector<int64_t> output_axes = {});
  std::string class_name() const override { return "HeNormal"; }
  Json config() const override { return short_config(); }
};

/// Uniform within +-sqrt(3 / inputs) (LeCun et al., 1998).
class LecunUniform : public VarianceScaling {
 public:
  explicit LecunUniform(std::optional<int64_t> seed = {}, std::vector<int64_t> input_axes = {},
                        std::vector<int64_t> output_axes = {});
  std::string class_name() const override { return "LecunUniform"; }
  Json config() const override { return short_config(); }
};

/// Truncated normal of standard deviation sqrt(1 / inputs) (LeCun et al., 1998).
class LecunNormal : public VarianceScaling {
 public:
  explicit LecunNormal(std::optional<int64_t> seed = {}, std::vector<int64_t> input_axes = {},
                       std::vector<int64_t> output_axes = {});
  std::string class_name() const override { return "LecunNormal"; }
  Json config() const override { return short_config(); }
};

}  // namespace lamina
