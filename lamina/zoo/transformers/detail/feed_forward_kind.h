// What T5's "feed_forward_proj" says. Internal header.
#pragma once

#include <string>

namespace lamina::detail {

/// "gated-gelu" is the tanh formula, "gelu" is not.
struct FeedForwardKind {
  explicit FeedForwardKind(const std::string& name)
      : gated(name.rfind("gated-", 0) == 0), activation(gated ? name.substr(6) : name) {
    if (gated && activation == "gelu") activation = "gelu_new";
  }
  bool gated;
  std::string activation;
};

}  // namespace lamina::detail
