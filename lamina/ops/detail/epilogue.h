// What the fusions of products with bias and activation share. Internal header.
#pragma once

#include "lamina/graph/fusion.h"

namespace lamina::detail {

/// The fusions of `op`(a, b), bias and relu, labelled `p`, into the op `fused`, which takes all three.
std::vector<Fusion> epilogues(const std::string& op, const std::string& fused,
                              Attrs (*with_relu)(const FusionMatch& match),
                              Attrs (*without)(const FusionMatch& match));

}  // namespace lamina::detail
