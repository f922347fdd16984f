// The additive angular margin.
#include "lamina/nn/losses/arcface.h"

#include <cmath>

#include "lamina/nn/losses/detail/make.h"
#include "lamina/nn/losses/detail/match.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/crossentropy.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

constexpr double kRightAngle = 1.57079632679489661923;
// Cosines are cut so far before -1 and 1, where the sine has no derivative.
constexpr double kBeforeOne = 1e-6;

std::shared_ptr<Loss> make_arcface(const Json& config) {
  ConfigReader reader(config, "ArcFace");
  ArcFaceOptions options;
  options.margin = reader.number("margin", options.margin);
  options.scale = reader.number("scale", options.scale);
  detail::finish_loss(reader, options);
  return std::make_shared<ArcFace>(options);
}

const bool arcface_registered = Registry<Loss>::add("ArcFace", make_arcface, {"arc_face"});

}  // namespace

ArcFace::ArcFace(const ArcFaceOptions& options)
    : PlainLoss("ArcFace", "arc_face", TargetKind::kClassNumbers, {options.reduction, options.name}),
      margin_(options.margin),
      scale_(options.scale) {
  require(margin_ >= 0 && margin_ < kRightAngle, "margin must lie in [0, pi / 2)");
  require(scale_ > 0 && std::isfinite(scale_), "scale must be above 0");
}

Json ArcFace::config() const {
  Json config = PlainLoss::config();
  config["margin"] = margin_;
  config["scale"] = scale_;
  return config;
}

Tensor ArcFace::values(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor labels = cast(detail::match_labels(name(), y_true, y_pred), DType::kInt32);
  const Tensor cosines = clip(y_pred, -1 + kBeforeOne, 1 - kBeforeOne);
  const Tensor right = one_hot(labels, y_pred.shape()[-1], cosines.dtype());
  const Tensor cosine = sum(cosines * right, {-1}, true), sine = sqrt(1.0 - square(cosine));
  const Tensor wider = cosine * std::cos(margin_) - sine * std::sin(margin_);
  const Tensor with_margin =
      where(ops::greater(cosine, -std::cos(margin_)), wider, cosine - margin_ * std::sin(margin_));
  const Tensor logits = (cosines + right * (with_margin - cosine)) * scale_;
  return sparse_categorical_crossentropy(labels, logits, true);
}

void ArcFace::check_targets(const Tensor& y_true, const Shape& output) const {
  detail::check_labels(name(), y_true, output);
}

}  // namespace lamina
