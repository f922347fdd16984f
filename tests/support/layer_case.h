// Layers that take several tensors, masks or keywords, against what Keras's gave: the files of
// tests/golden/nn/layers_multi (tools/golden/layers_more.py).
#pragma once

#include <string>
#include <vector>

namespace lamina::test {

/// The cases whose name begins with `prefix`, or those whose name does not.
std::vector<std::string> layer_cases(const std::string& prefix, bool with);

/// Outputs in both modes, the output's mask, gradients, and weights after a training call.
void expect_computes_as_keras(const std::string& name);
/// Configuration and build_config.
void expect_writes_as_keras(const std::string& name);

}  // namespace lamina::test
