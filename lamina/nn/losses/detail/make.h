// Making losses from Keras configurations. Not for users.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "lamina/nn/config.h"
#include "lamina/nn/losses/detail/match.h"
#include "lamina/nn/losses/plain_loss.h"
#include "lamina/ops/reduce.h"

namespace lamina::detail {

/// The arguments that all losses take, then done().
template <class Options>
void finish_loss(ConfigReader& reader, Options& options) {
  options.reduction = reader.string("reduction", options.reduction);
  options.name = reader.string("name", "");
  reader.only("dtype", "float32");
  reader.done();
}

/// The axis of a loss or metric; far ones, which no tensor has, are refused where it is called.
inline int read_axis(ConfigReader& reader) {
  return static_cast<int>(std::clamp<int64_t>(reader.integer("axis", -1), -64, 64));
}

/// A loss that takes nothing but a reduction and a name.
template <class L>
std::shared_ptr<Loss> make_loss(const Json& config) {
  ConfigReader reader(config, L().class_name());
  LossOptions options;
  finish_loss(reader, options);
  return std::make_shared<L>(options);
}

inline Tensor mean_of_last(const Tensor& x) { return x.rank() == 0 ? x : mean(x, {-1}); }

/// The mean over that axis; a scalar is its own for the axis -1.
inline Tensor mean_of_axis(const std::string& name, const Tensor& x, int axis) {
  return x.rank() == 0 && axis == -1 ? x : mean(x, {own_axis(name, axis, x.shape())});
}

}  // namespace lamina::detail
