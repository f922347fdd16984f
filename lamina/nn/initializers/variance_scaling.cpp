// VarianceScaling and its named cases.
#include "lamina/nn/initializers/variance_scaling.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lamina/base/error.h"
#include "lamina/nn/config.h"
#include "lamina/nn/initializers/detail/draw.h"

namespace lamina {
namespace {

std::vector<int64_t> read_axes(ConfigReader& reader, const Json& config, const char* key) {
  const Json* axes = config.find(key);
  reader.only(key, axes ? *axes : Json());  // known, whatever it says
  return axes && !axes->is_null() ? reader.integers(key) : std::vector<int64_t>();
}

template <class I>
std::shared_ptr<Initializer> make_named(const Json& config) {
  ConfigReader reader(config, I().class_name());
  const std::optional<int64_t> seed = reader.optional_integer("seed");
  const std::vector<int64_t> input = read_axes(reader, config, "input_axes");
  const std::vector<int64_t> output = read_axes(reader, config, "output_axes");
  reader.done();
  return std::make_shared<I>(seed, input, output);
}

std::shared_ptr<Initializer> make_variance_scaling(const Json& config) {
  ConfigReader reader(config, "VarianceScaling");
  VarianceScalingOptions options;
  options.scale = reader.number("scale", options.scale);
  options.mode = reader.string("mode", options.mode);
  options.distribution = reader.string("distribution", options.distribution);
  options.seed = reader.optional_integer("seed");
  options.input_axes = read_axes(reader, config, "input_axes");
  options.output_axes = read_axes(reader, config, "output_axes");
  reader.done();
  return std::make_shared<VarianceScaling>(options);
}

const bool variance_scaling_registered = [] {
  using Known = Registry<Initializer>;
  Known::add("VarianceScaling", make_variance_scaling, {"variance_scaling"});
  Known::add("GlorotUniform", make_named<GlorotUniform>, {"glorot_uniform"});
  Known::add("GlorotNormal", make_named<GlorotNormal>, {"glorot_normal"});
  Known::add("HeUniform", make_named<HeUniform>, {"he_uniform"});
  Known::add("HeNormal", make_named<HeNormal>, {"he_normal"});
  Known::add("LecunUniform", make_named<LecunUniform>, {"lecun_uniform"});
  Known::add("LecunNormal", make_named<LecunNormal>, {"lecun_normal"});
  return true;
}();

double product(const Shape& shape, const std::vector<int64_t>& axes) {
  double result = 1;
  for (int64_t axis : axes) result *= static_cast<double>(shape[static_cast<int>(axis)]);
  return result;
}

// Numbers of inputs and outputs of a unit, as Keras's compute_fans counts them.
std::pair<double, double> fans(const Shape& shape, const VarianceScalingOptions& options) {
  if (!options.input_axes.empty() && !options.output_axes.empty()) {
    return {product(shape, options.input_axes), product(shape, options.output_axes)};
  }
  if (shape.rank() == 0) return {1, 1};
  if (shape.rank() == 1) return {shape[0], shape[0]};
  double receptive_field = 1;
  for (int axis = 0; axis < shape.rank() - 2; ++axis) receptive_field *= static_cast<double>(shape[axis]);
  return {receptive_field * static_cast<double>(shape[-2]), receptive_field * static_cast<double>(shape[-1])};
}

void require_one_of(const std::string& what, const std::string& value,
                    const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), value) != known.end()) return;
  throw InvalidArgument("VarianceScaling: unknown " + what + " '" + value + "'" + suggest(value, known));
}

Json axes_json(const std::vector<int64_t>& axes) { return Json(Json::List(axes.begin(), axes.end())); }

}  // namespace

VarianceScaling::VarianceScaling(VarianceScalingOptions options) : options_(std::move(options)) {
  if (!(options_.scale > 0)) throw InvalidArgument("VarianceScaling: scale must be positive");
  require_one_of("mode", options_.mode, {"fan_in", "fan_out", "fan_avg"});
  if (options_.distribution == "normal") options_.distribution = "truncated_normal";
  require_one_of("distribution", options_.distribution,
                 {"uniform", "truncated_normal", "untruncated_normal"});
}

Json VarianceScaling::short_config() const {
  Json config = Json::object({{"seed", options_.seed ? Json(*options_.seed) : Json()}});
  if (!options_.input_axes.empty()) config["input_axes"] = axes_json(options_.input_axes);
  if (!options_.output_axes.empty()) config["output_axes"] = axes_json(options_.output_axes);
  return config;
}

Json VarianceScaling::config() const {
  Json config = Json::object({{"seed", options_.seed ? Json(*options_.seed) : Json()},
                              {"scale", options_.scale},
                              {"mode", options_.mode},
                              {"distribution", options_.distribution}});
  if (!options_.input_axes.empty()) config["input_axes"] = axes_json(options_.input_axes);
  if (!options_.output_axes.empty()) config["output_axes"] = axes_json(options_.output_axes);
  return config;
}

Tensor VarianceScaling::operator()(const TensorType& type, uint64_t seed, int stream) const {
  detail::require_floating(class_name(), type);
  const auto [fan_in, fan_out] = fans(type.shape, options_);
  const double n = options_.mode == "fan_in"    ? fan_in
                   : options_.mode == "fan_out" ? fan_out
                                                : (fan_in + fan_out) / 2;
  const double variance = options_.scale / std::max(1.0, n);
  const detail::Draw draw(options_.seed, seed, stream);
  if (options_.distribution == "uniform") {
    const double limit = std::sqrt(3 * variance);
    return draw.uniform(type, -limit, limit);
  }
  if (options_.distribution == "untruncated_normal") return draw.normal(type, 0, std::sqrt(variance));
  // Cutting a normal distribution at two standard deviations leaves this share of its own.
  constexpr double kTruncatedStddev = 0.87962566103423978;
  return draw.truncated_normal(type, 0, std::sqrt(variance) / kTruncatedStddev);
}

GlorotUniform::GlorotUniform(std::optional<int64_t> seed, std::vector<int64_t> input_axes,
                             std::vector<int64_t> output_axes)
    : VarianceScaling({1.0, "fan_avg", "uniform", seed, std::move(input_axes), std::move(output_axes)}) {}

GlorotNormal::GlorotNormal(std::optional<int64_t> seed, std::vector<int64_t> input_axes,
                           std::vector<int64_t> output_axes)
    : VarianceScaling(
          {1.0, "fan_avg", "truncated_normal", seed, std::move(input_axes), std::move(output_axes)}) {}

HeUniform::HeUniform(std::optional<int64_t> seed, std::vector<int64_t> input_axes,
                     std::vector<int64_t> output_axes)
    : VarianceScaling({2.0, "fan_in", "uniform", seed, std::move(input_axes), std::move(output_axes)}) {}

HeNormal::HeNormal(std::optional<int64_t> seed, std::vector<int64_t> input_axes,
                   std::vector<int64_t> output_axes)
    : VarianceScaling(
          {2.0, "fan_in", "truncated_normal", seed, std::move(input_axes), std::move(output_axes)}) {}

LecunUniform::LecunUniform(std::optional<int64_t> seed, std::vector<int64_t> input_axes,
                           std::vector<int64_t> output_axes)
    : VarianceScaling({1.0, "fan_in", "uniform", seed, std::move(input_axes), std::move(output_axes)}) {}

LecunNormal::LecunNormal(std::optional<int64_t> seed, std::vector<int64_t> input_axes,
                         std::vector<int64_t> output_axes)
    : VarianceScaling(
          {1.0, "fan_in", "truncated_normal", seed, std::move(input_axes), std::move(output_axes)}) {}

}  // namespace lamina
