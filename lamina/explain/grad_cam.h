// Grad-CAM: where in a picture a convolutional network has seen what it says (Selvaraju et al., 2016,
// arXiv 1610.02391).
#pragma once

#include <string>
#include <vector>

#include "lamina/image/picture.h"
#include "lamina/nn/model.h"

namespace lamina {

/// The layer that grad_cam looks at unless told: the last one whose output is (batch, height, width, channels) with more
/// than one place. "" where there is none, as in a model inside a model.
std::string grad_cam_layer(const Model& model);

/// For each picture how much each place speaks for a class: the channels of the layer's output, each weighed by the mean
/// of its gradient, added up, and what speaks against left out. Brought to the pictures' size along lines and to 0 ..
/// 1 by picture; zeros where nothing speaks for the class. The gradient is that of the class's log-odds (of
/// logits, of the class's own), so that a class that a softmax is certain of has a map, too; one sigmoid that gives exactly 1
/// has none.
/// @param x  (samples, height, width, channels), as the model takes them.
/// @param classes  one a sample, as output_kind (lamina/explain/classification.h) counts them.
/// @param layer  its name; empty: grad_cam_layer.
/// @returns float32 (samples, height, width).
/// Throws InvalidArgument for a model that has no such layer or tells no classes, a layer beside which other ways lead from
/// input to output, another number of classes than samples, and classes beyond the model's.
Tensor grad_cam(const Model& model, const Tensor& x, const std::vector<int>& classes, const std::string& layer = "");

/// The picture in grey with map `index` of `maps` over it: what speaks for the class is red.
Picture overlay(const Picture& picture, const Tensor& maps, int64_t index);

}  // namespace lamina
