// Frequencies are computed in float32, as the library does: over thousands of tokens the rounding shows.
#include "lamina/zoo/transformers/detail/rotary.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/split.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::detail {
namespace {

constexpr double kStandardTheta = 10000;

/// A parameter that must be there, or has a default.
double positive(const ConfigValues& values, const char* key, std::optional<double> otherwise = {}) {
  double value = otherwise.value_or(0);
  if (!otherwise && !values.find(key)) values.fail(key, Json(), "a number");
  values.number(key, value);
  if (!(value > 0) || !std::isfinite(value)) values.fail(key, value, "a number above 0");
  return value;
}

/// Low frequencies are divided by the factor, high ones stay, those between are mixed.
void stretch_llama3(const ConfigValues& values, double original, std::vector<float>& frequencies) {
  const auto factor = static_cast<float>(positive(values, "factor")),
             low = static_cast<float>(positive(values, "low_freq_factor")),
             high = static_cast<float>(positive(values, "high_freq_factor"));
  if (high <= low) values.fail("high_freq_factor", high, "more than low_freq_factor");
  const auto length = static_cast<float>(original);
  for (float& frequency : frequencies) {
    const float wave = 2 * std::numbers::pi_v<float> / frequency;
    if (wave < length / high) continue;
    if (wave > length / low) {
      frequency /= factor;
      continue;
    }
    const float share = (length / wave - low) / (high - low);
    frequency = (1 - share) * frequency / factor + share * frequency;
  }
}

/// The same with a ramp over the pairs, and cosines and sines that are larger.
double stretch_yarn(const ConfigValues& values, double theta, double original, int64_t width,
                    std::vector<float>& frequencies) {
  const double factor = positive(values, "factor");
  const auto larger = [&](double by) { return factor <= 1 ? 1.0 : 0.1 * by * std::log(factor) + 1; };
  double mscale = 0, mscale_all = 0, scale = 0;
  values.number("mscale", mscale);
  values.number("mscale_all_dim", mscale_all);
  values.number("attention_factor", scale);
  if (!values.find("attention_factor"))
    scale = mscale != 0 && mscale_all != 0 ? larger(mscale) / larger(mscale_all) : larger(1);
  bool truncate = true;
  values.flag("truncate", truncate);
  // The pair that turns so often over the original length.
  const auto pair_of = [&](double turns) {
    return static_cast<double>(width) * std::log(original / (turns * 2 * std::numbers::pi)) /
           (2 * std::log(theta));
  };
  double first = pair_of(positive(values, "beta_fast", 32)), last = pair_of(positive(values, "beta_slow", 1));
  if (truncate) first = std::floor(first), last = std::ceil(last);
  first = std::max(first, 0.0);
  last = std::min(last, static_cast<double>(width - 1));
  if (first == last) last += 0.001;
  for (size_t i = 0; i < frequencies.size(); ++i) {
    const auto ramp = static_cast<float>((static_cast<double>(i) - first) / (last - first));
    const float kept = 1 - std::clamp(ramp, 0.0f, 1.0f);
    const float stretched = frequencies[i] / static_cast<float>(factor);
    frequencies[i] = stretched * (1 - kept) + frequencies[i] * kept;
  }
  return scale;
}

/// A factor for each pair.
std::vector<float> divided_by(const ConfigValues& values, const char* key,
                              const std::vector<float>& frequencies) {
  const Json* const factors = values.find(key);
  if (!factors || !factors->is_list() || factors->size() != frequencies.size())
    values.fail(key, factors ? *factors : Json(), "a list with a number for each pair of elements of a head");
  std::vector<float> divided;
  for (size_t i = 0; i < frequencies.size(); ++i) {
    const Json& factor = factors->at(i);
    if (!factor.is_number() || !(factor.as_double() > 0)) values.fail(key, *factors, "numbers above 0");
    divided.push_back(frequencies[i] / static_cast<float>(factor.as_double()));
  }
  return divided;
}

}  // namespace

Rotary::Rotary(const Json& config, int64_t width, int64_t max_position_embeddings)
    : longest_(max_position_embeddings) {
  const ConfigValues top(config, "config");
  if (width % 2 != 0) top.fail("head_dim", width, "an even number");
  const Json* parameters = top.find("rope_scaling");
  if (!parameters) parameters = top.find("rope_parameters");
  const Json nothing = Json::object();
  if (parameters && !parameters->is_object()) top.fail("rope_parameters", *parameters, "an object");
  const ConfigValues values(parameters ? *parameters : nothing, "rope_parameters");
  if (parameters) {
    for (const auto& [key, value] : parameters->as_object()) {
      if (value.is_object()) top.fail("rope_parameters", *parameters, "the same for all layers");
    }
  }
  for (const ConfigValues* where : {&top, &values}) where->only("partial_rotary_factor", 1.0);
  theta_ = positive(values, "rope_theta", positive(top, "rope_theta", kStandardTheta));
  for (int64_t i = 0; i < width; i += 2)
    frequencies_.push_back(
        1 / std::pow(static_cast<float>(theta_), static_cast<float>(i) / static_cast<float>(width)));
  std::string kind = "default";
  values.text("type", kind);
  values.text("rope_type", kind);
  original_ = static_cast<double>(max_position_embeddings);
  original_ = positive(values, "original_max_position_embeddings", original_);
  original_ = positive(top, "original_max_position_embeddings", original_);
  if (kind == "linear") {
    const auto factor = static_cast<float>(positive(values, "factor"));
    for (float& frequency : frequencies_) frequency /= factor;
  } else if (kind == "llama3") {
    stretch_llama3(values, original_, frequencies_);
  } else if (kind == "yarn") {
    scale_ = stretch_yarn(values, theta_, original_, width, frequencies_);
  } else if (kind == "dynamic") {
    dynamic_factor_ = positive(values, "factor");
    original_ = static_cast<double>(max_position_embeddings);
    if (width < 4) top.fail("head_dim", width, "4 or more for dynamic positions");
    longest_ = 0;
  } else if (kind == "longrope") {
    const double factor =
        positive(values, "factor", static_cast<double>(max_position_embeddings) / original_);
    scale_ = positive(values, "attention_factor",
                      factor <= 1 ? 1 : std::sqrt(1 + std::log(factor) / std::log(original_)));
    beyond_ = divided_by(values, "long_factor", frequencies_);
    frequencies_ = divided_by(values, "short_factor", frequencies_);
  } else if (kind != "default") {
    values.fail("rope_type", kind, "default, linear, dynamic, llama3, longrope or yarn");
  }
}

Tensor Rotary::frequencies_of(const Tensor& positions, const Tensor& lengths) const {
  const Shape each{1, 1, 1, static_cast<int64_t>(frequencies_.size())};
  const Tensor usual = Tensor::from(frequencies_, each);
  if (dynamic_factor_ == 0 && beyond_.empty()) return usual;
  // Of each row for itself: texts do not depend on what is computed beside them.
  const Tensor of_rows = lengths.defined() ? lengths : max(positions, {-1}, /*keepdims=*/true) + 1;
  const Tensor length =
      reshape(cast(of_rows, DType::kFloat32), {of_rows.shape()[0], of_rows.shape()[1], 1, 1});
  if (!beyond_.empty()) return where(ops::greater(length, original_), Tensor::from(beyond_, each), usual);
  // theta grows with the length, so that the lowest frequency is stretched by it and the highest stays (the
  // "NTK-aware" stretching of the YaRN paper).
  const auto pairs = static_cast<double>(frequencies_.size());
  const Tensor stretch = maximum(length, original_) * (dynamic_factor_ / original_) - (dynamic_factor_ - 1);
  std::vector<float> exponents;
  for (double i = 0; i < pairs; ++i) exponents.push_back(static_cast<float>(-i / (pairs - 1)));
  return usual * exp(log(stretch) * Tensor::from(exponents, each));
}

Rotary::Turn Rotary::at(const Tensor& positions, const Tensor& lengths) const {
  const Shape& s = positions.shape();
  const Tensor angles =
      reshape(cast(positions, DType::kFloat32), {s[0], s[1], 1, 1}) * frequencies_of(positions, lengths);
  if (scale_ == 1) return {cos(angles), sin(angles)};
  return {cos(angles) * scale_, sin(angles) * scale_};
}

Tensor Rotary::turned(const Tensor& x, const Turn& turn) {
  const Tensor cosine = cast(turn.cosine, x.dtype()), sine = cast(turn.sine, x.dtype());
  const std::vector<Tensor> half = split_evenly(x, 2, -1);
  return concatenate({half[0] * cosine - half[1] * sine, half[1] * cosine + half[0] * sine}, -1);
}

}  // namespace lamina::detail
