// What blocks of both EfficientNets share. Internal header.
#pragma once

#include "lamina/nn/initializers/variance_scaling.h"
#include "lamina/zoo/applications/detail/frame.h"

namespace lamina::detail {

/// First weights of their convolutions, and of their classifier.
Choice<Initializer> mbconv_kernels();
Choice<Initializer> efficient_classifier();

/// A convolution without bias and with "same" padding.
Tensor efficient_conv(const Tensor& x, int64_t filters, int64_t kernel, int64_t step,
                      const std::string& name);
Tensor swished(const Tensor& x, const std::string& name);
/// Channels by a share of them each: squeeze and excitation (Hu et al., 2017, arXiv 1709.01507).
/// @param filters  in between
Tensor excited(const Tensor& x, int64_t filters, const std::string& name);
/// x, whole samples of which are dropped in training, and what it was made of.
Tensor added(const Tensor& x, const Tensor& given, double rate, const std::string& name);
/// `filters` of a network that is `width` times as wide, a multiple of 8.
int64_t as_wide(int64_t filters, double width);

}  // namespace lamina::detail
