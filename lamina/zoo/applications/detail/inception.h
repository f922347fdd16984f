// What both Inception networks are made of. Internal header.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lamina/zoo/applications/detail/frame.h"

namespace lamina::detail {

struct UnitOptions {
  int64_t step = 1;
  std::string padding = "same";
  std::string name = {};  ///< of the convolution; the others' begin with it. Empty: numbered
};
inline const UnitOptions kHalving{.step = 2, .padding = "valid"};

/// The layers of one network. Those without names are numbered in the order in which they are made, which is
/// Keras's.
class InceptionLayers {
 public:
  /// A convolution, normalised without scale, and rectified.
  Tensor unit(const Tensor& x, int64_t filters, Size2 kernel, const UnitOptions& options = {});
  /// The mean of the 3×3 places around each.
  Tensor around(const Tensor& x);
  /// The largest of 3×3 places, every second.
  Tensor halved_maximum(const Tensor& x);
  /// @param name  empty: numbered
  Tensor side_by_side(const std::vector<Tensor>& branches, const std::string& name = {});
  /// How both begin: an eighth of the sides, 192 channels.
  Tensor stem(const Tensor& x);

 private:
  std::string numbered(const std::string& kind);

  std::map<std::string, int> counts_;
};

}  // namespace lamina::detail
