// A small anchor-free detector that learns from nothing: backbone, feature pyramid, heads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lamina/nn/model.h"
#include "lamina/vision/detector_info.h"

namespace lamina::vision {

/// How the network is made.
struct DetectionNetworkOptions {
  int64_t height = 0, width = 0;  ///< of the pictures that go in: multiples of 32
  int64_t filters = 16;           ///< of the first convolution; the others have 2, 4, 8 and 12 times as many
  int64_t bins = 8;               ///< of the distribution of a side
  uint64_t seed = 0;              ///< of the first weights and of training
};

/// Bytes (batch, height, width, 3), RGB, to logits (batch, places, classes + 4 * bins) of three levels with
/// strides 8, 16 and 32, as DetectionLoss and the head "dense" take them. Stages of plain convolutions and of
/// blocks that compute with one half of their channels (Wang et al., 2019, arXiv 1911.11929), pooling over
/// three sizes (He et al., 2014, arXiv 1406.4729), a pyramid down and up again (Liu et al., 2018, arXiv
/// 1803.01534), and at each level one branch for classes and one for boxes (Ge et al., 2021, arXiv
/// 2107.08430). About 1.5 million weights. It knows its classes and how it is asked (DetectorInfo), and is
/// not compiled. Throws InvalidArgument for no classes, names that are empty or occur twice, sizes that are
/// no multiples of 32 or beyond 2048, filters outside 4 to 256, and bins outside 2 to 64.
Model detection_network(const std::vector<std::string>& class_names, const DetectionNetworkOptions& options);

}  // namespace lamina::vision
