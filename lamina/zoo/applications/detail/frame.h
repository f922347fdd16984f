// Frame: what the networks have around their features, the input and the classifier. Internal header.
#pragma once

#include <string>

#include "lamina/nn/layers/layers.h"
#include "lamina/zoo/applications/applications.h"

namespace lamina::detail {

/// How Keras ends a network.
struct Ending {
  /// Names of the layers that average and take the largest; empty: numbered.
  std::string average = "avg_pool", largest = "max_pool";
  std::string before_top = "avg_pool";  ///< of the average that the classifier reads
  double dropout = 0;  ///< before the classifier, in a layer called "top_dropout"
  Choice<Initializer> initializer = "glorot_uniform";  ///< of the classifier
};

/// From the input to a model:
///
///   Frame frame(options, "resnet50", {.side = 224, .least = 32});
///   return frame.close(features_of(frame.input()));
class Frame {
 public:
  struct Pictures {
    int64_t side = 224;  ///< where nothing is said
    int64_t least = 32;  ///< height and width at least
  };
  /// Throws InvalidArgument for shapes other than (height, width, channels), sides below the least, an open
  /// side with the top, a pooling that is neither "avg" nor "max", and fewer than one class.
  Frame(const ApplicationOptions& options, std::string name, const Pictures& pictures);

  const Tensor& input() const { return input_; }
  int64_t channels() const { return input_.shape()[-1]; }
  const ApplicationOptions& options() const { return options_; }
  /// The model that ends behind the features: the classifier, or pooling, as the options have it.
  Model close(const Tensor& features, const Ending& ending = {}) const;
  /// The same behind outputs that need no more.
  Model finish(const Tensor& outputs) const;
  /// "avg" and "max" as layers of that name, and anything else as it is.
  Tensor pool(const Tensor& features, const std::string& average, const std::string& largest) const;

 private:
  ApplicationOptions options_;
  std::string name_;
  Tensor input_;
};

/// Zeros on the sides such that a convolution of that size and step 2 begins as "same" does in TensorFlow:
/// fewer above and on the left where the extent is even.
Tensor pad_for_step(const Tensor& x, int64_t kernel, const std::string& name);

/// `filters` as the nearest multiple of 8 that is not below nine tenths of it.
int64_t divisible_by_8(double filters);

}  // namespace lamina::detail
