// ZeroPadding3D, Cropping3D and UpSampling3D: places of volumes added, cut or repeated.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "lamina/nn/layer.h"
#include "lamina/nn/layers/volume_size.h"

namespace lamina {

/// Places in front and behind, of depth, height and width.
struct Margins3D {
  Margins3D() = default;
  Margins3D(int64_t all) : sides{{{all, all}, {all, all}, {all, all}}} {}
  Margins3D(int64_t depth, int64_t height, int64_t width)
      : sides{{{depth, depth}, {height, height}, {width, width}}} {}
  explicit Margins3D(std::array<std::pair<int64_t, int64_t>, 3> each) : sides(each) {}
  std::array<std::pair<int64_t, int64_t>, 3> sides = {};
};

/// Options of the three.
struct VolumeMarginsOptions {
  std::string name = {};
  bool trainable = true;
  std::string dtype = {};  ///< the policy; empty: float32
};

/// Zeros around volumes (Keras: keras.layers.ZeroPadding3D, channels last).
class ZeroPadding3D final : public KerasLayer<ZeroPadding3D> {
 public:
  /// Throws InvalidArgument for negative padding.
  explicit ZeroPadding3D(const Margins3D& padding = 1, const VolumeMarginsOptions& options = {});
  std::string class_name() const override { return "ZeroPadding3D"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  DType input_dtype(DType given) const override { return keep_integers(given); }
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  Margins3D padding_;
};

/// Volumes without their margins (Keras: keras.layers.Cropping3D, channels last).
class Cropping3D final : public KerasLayer<Cropping3D> {
 public:
  /// Throws InvalidArgument for negative cropping.
  explicit Cropping3D(const Margins3D& cropping = 1, const VolumeMarginsOptions& options = {});
  std::string class_name() const override { return "Cropping3D"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  DType input_dtype(DType given) const override { return keep_integers(given); }
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  Margins3D cropping_;
};

/// Each place `size` times along each axis (Keras: keras.layers.UpSampling3D, channels last).
class UpSampling3D final : public KerasLayer<UpSampling3D> {
 public:
  /// Throws InvalidArgument for a size below 1.
  explicit UpSampling3D(Size3 size = 2, const VolumeMarginsOptions& options = {});
  std::string class_name() const override { return "UpSampling3D"; }
  Shape compute_output_shape(const Shape& input) const override;
  Tensor call(const Tensor& x, CallContext& context) const override;
  DType input_dtype(DType given) const override { return keep_integers(given); }
  bool keeps_values() const override { return true; }

 protected:
  Json own_config() const override;

 private:
  Size3 size_;
};

}  // namespace lamina
