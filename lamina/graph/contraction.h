// Attributes of matrix products, convolutions and poolings. Declared here, below the ops, because the
// epilogue and layout passes make and recognise them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/base/shape.h"
#include "lamina/graph/layout.h"

namespace lamina {

/// Attributes of op `matmul`: which operands are read with their last two axes swapped.
struct MatmulAttrs {
  bool transpose_a = false;
  bool transpose_b = false;
  bool operator==(const MatmulAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("transpose_a", self.transpose_a);
    visit("transpose_b", self.transpose_b);
  }
};

/// Attributes of op `matmul_bias_act`: activation "linear" or "relu".
struct MatmulBiasActAttrs {
  MatmulAttrs matmul = {};
  std::string activation = "linear";
  bool operator==(const MatmulBiasActAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    MatmulAttrs::fields(self.matmul, visit);
    visit("activation", self.activation);
  }
};

/// Attributes of op `conv2d`; as keras.ops.conv.
struct Conv2DAttrs {
  /// Steps between windows along height and width, >= 1.
  std::vector<int64_t> strides = {1, 1};
  /// "valid": windows inside the image. "same": zeros around it so that the output has ceil(input / stride)
  /// pixels, the odd one of them after the image, as TensorFlow places it. Four numbers, "1,1,0,2": so many zeros above,
  /// below, left and right of it.
  std::string padding = "valid";
  /// Distance between the elements of a window, >= 1.
  std::vector<int64_t> dilations = {1, 1};
  /// Input and output channels are split into so many independent groups.
  int64_t groups = 1;
  bool operator==(const Conv2DAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("strides", self.strides);
    visit("padding", self.padding);
    visit("dilations", self.dilations);
    visit("groups", self.groups);
  }
};

/// Attributes of a convolution's gradients: the convolution and the shape of the operand that is
/// differentiated (the image for conv2d_grad_input, the kernel for conv2d_grad_kernel).
struct Conv2DGradAttrs {
  Conv2DAttrs conv = {};
  Shape shape = {};
  bool operator==(const Conv2DGradAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    Conv2DAttrs::fields(self.conv, visit);
    visit("shape", self.shape);
  }
};

/// Attributes of op `conv2d_bias_act`: activation "linear" or "relu".
struct Conv2DBiasActAttrs {
  Conv2DAttrs conv = {};
  std::string activation = "linear";
  bool operator==(const Conv2DBiasActAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    Conv2DAttrs::fields(self.conv, visit);
    visit("activation", self.activation);
  }
};

/// Attributes of the poolings.
struct Pool2DAttrs {
  /// Height and width of a window, >= 1.
  std::vector<int64_t> pool = {2, 2};
  /// Steps between windows, >= 1.
  std::vector<int64_t> strides = {2, 2};
  /// "valid", "same" or four numbers, as for convolutions; what lies outside the image never counts.
  std::string padding = "valid";
  bool operator==(const Pool2DAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    visit("pool", self.pool);
    visit("strides", self.strides);
    visit("padding", self.padding);
  }
};

/// Attributes of the poolings' gradients: the pooling and the shape of the image.
struct Pool2DGradAttrs {
  Pool2DAttrs window = {};
  Shape shape = {};
  bool operator==(const Pool2DGradAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    Pool2DAttrs::fields(self.window, visit);
    visit("shape", self.shape);
  }
};

/// Attributes of op `conv2d_bias_act_pool`: a convolution, bias, activation and max pooling in one.
struct ConvPoolAttrs {
  Conv2DAttrs conv = {};
  std::string activation = "linear";
  Pool2DAttrs window = {};
  bool operator==(const ConvPoolAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    Conv2DAttrs::fields(self.conv, visit);
    visit("activation", self.activation);
    visit("pool", self.window.pool);
    visit("pool_strides", self.window.strides);
    visit("pool_padding", self.window.padding);
  }
};

/// Attributes of op `conv2d_grad_kernel_pooled`: the fused block, the shape of the kernel.
struct ConvPoolGradAttrs {
  Conv2DAttrs conv = {};
  Pool2DAttrs window = {};
  Shape shape = {};
  bool operator==(const ConvPoolGradAttrs&) const = default;
  static void fields(auto& self, auto&& visit) {
    Conv2DAttrs::fields(self.conv, visit);
    visit("pool", self.window.pool);
    visit("pool_strides", self.window.strides);
    visit("pool_padding", self.window.padding);
    visit("shape", self.shape);
  }
};

/// Attributes of op `reorder`: the memory order that the output shall have.
struct ReorderAttrs {
  Layout target = {};
  bool operator==(const ReorderAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("target", self.target); }
};

}  // namespace lamina
