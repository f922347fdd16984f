// Attributes of ops that are two convolutions in one. Internal header.
#pragma once

#include <string>

#include "lamina/graph/contraction.h"

namespace lamina {

/// Attributes of op `conv2d_bias_act_pointwise`: a convolution, bias and activation, and behind them one of single pixels
/// with its bias and activation.
struct ConvPointwiseAttrs {
  Conv2DAttrs conv = {};
  std::string activation = "linear";
  std::string pointwise_activation = "linear";
  bool operator==(const ConvPointwiseAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    Conv2DAttrs::fields(self.conv, visit);
    visit("activation", self.activation);
    visit("pointwise_activation", self.pointwise_activation);
  }
};

/// Attributes of op `conv2d_bias_act_concatenate`: two convolutions with bias and activation whose channels lie side by
/// side.
struct ConvConcatenateAttrs {
  Conv2DAttrs conv = {};
  std::string activation = "linear";
  Conv2DAttrs second = {};
  std::string second_activation = "linear";
  bool operator==(const ConvConcatenateAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    Conv2DAttrs::fields(self.conv, visit);
    visit("activation", self.activation);
    visit("second_strides", self.second.strides);
    visit("second_padding", self.second.padding);
    visit("second_dilations", self.second.dilations);
    visit("second_groups", self.second.groups);
    visit("second_activation", self.second_activation);
  }
};

}  // namespace lamina
