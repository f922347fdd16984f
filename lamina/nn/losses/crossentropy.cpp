// Cross-entropy losses.
#include "lamina/nn/losses/crossentropy.h"

#include "lamina/nn/config.h"
#include "lamina/nn/losses/detail/make.h"
#include "lamina/nn/losses/detail/match.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/crossentropy.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/where.h"

namespace lamina {
namespace {

template <class L>
std::shared_ptr<Loss> make_dense(const Json& config) {
  ConfigReader reader(config, L().class_name());
  CrossentropyOptions options;
  options.from_logits = reader.boolean("from_logits", false);
  options.label_smoothing = reader.number("label_smoothing", 0.0);
  options.reduction = reader.string("reduction", options.reduction);
  options.name = reader.string("name", "");
  options.axis = detail::read_axis(reader);
  reader.only("dtype", "float32");
  reader.done();
  return std::make_shared<L>(options);
}

std::shared_ptr<Loss> make_sparse(const Json& config) {
  ConfigReader reader(config, "SparseCategoricalCrossentropy");
  SparseCrossentropyOptions options;
  options.from_logits = reader.boolean("from_logits", false);
  options.reduction = reader.string("reduction", options.reduction);
  options.name = reader.string("name", "");
  options.ignore_class = reader.optional_integer("ignore_class");
  options.axis = detail::read_axis(reader);
  reader.only("dtype", "float32");
  reader.done();
  return std::make_shared<SparseCategoricalCrossentropy>(options);
}

const bool crossentropy_registered = [] {
  Registry<Loss>::add("CategoricalCrossentropy", make_dense<CategoricalCrossentropy>,
                      {"categorical_crossentropy"});
  Registry<Loss>::add("SparseCategoricalCrossentropy", make_sparse, {"sparse_categorical_crossentropy"});
  Registry<Loss>::add("BinaryCrossentropy", make_dense<BinaryCrossentropy>,
                      {"binary_crossentropy", "bce", "BCE"});
  return true;
}();

void check(const std::string& class_name, const CrossentropyOptions& options) {
  detail::require_reduction(class_name, options.reduction);
  if (!(options.label_smoothing >= 0 && options.label_smoothing <= 1)) {
    throw InvalidArgument(class_name + ": label_smoothing must lie in [0, 1], received " +
                          Json(options.label_smoothing).dump());
  }
}

Json dense_config(const CrossentropyOptions& options) {
  return Json::object({{"name", options.name},
                       {"reduction", options.reduction},
                       {"from_logits", options.from_logits},
                       {"label_smoothing", options.label_smoothing},
                       {"axis", options.axis}});
}

}  // namespace

CategoricalCrossentropy::CategoricalCrossentropy(CrossentropyOptions options) : options_(std::move(options)) {
  if (options_.name.empty()) options_.name = "categorical_crossentropy";
  check("CategoricalCrossentropy", options_);
}

Json CategoricalCrossentropy::config() const { return dense_config(options_); }

Tensor CategoricalCrossentropy::values(const Tensor& y_true, const Tensor& y_pred) const {
  auto [target, output] = detail::match_ranks(y_true, y_pred);
  if (target.shape() != output.shape() || output.rank() == 0) {
    throw InvalidArgument("loss '" + name() +
                          "': targets must have the shape of the predictions; received targets of shape " +
                          y_true.shape().str() + " and predictions of shape " + y_pred.shape().str() +
                          detail::class_numbers_hint(y_true, y_pred));
  }
  target = detail::match_shapes(name(), target, output).first;
  if (options_.label_smoothing > 0) {
    const auto classes = static_cast<double>(output.shape()[-1]);
    target = target * (1 - options_.label_smoothing) + options_.label_smoothing / classes;
  }
  return categorical_crossentropy(detail::with_axis_last(name(), target, options_.axis),
                                  detail::with_axis_last(name(), output, options_.axis), options_.from_logits);
}

SparseCategoricalCrossentropy::SparseCategoricalCrossentropy(SparseCrossentropyOptions options)
    : options_(std::move(options)) {
  if (options_.name.empty()) options_.name = "sparse_categorical_crossentropy";
  detail::require_reduction("SparseCategoricalCrossentropy", options_.reduction);
}

Json SparseCategoricalCrossentropy::config() const {
  Json config = Json::object({{"name", options_.name},
                              {"reduction", options_.reduction},
                              {"from_logits", options_.from_logits},
                              {"ignore_class", options_.ignore_class ? Json(*options_.ignore_class) : Json()}});
  if (options_.axis != -1) config["axis"] = options_.axis;  // Keras leaves it out, but takes it
  return config;
}

Tensor SparseCategoricalCrossentropy::values(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor scores = detail::with_axis_last(name(), y_pred, options_.axis);
  const bool column = y_true.rank() == y_pred.rank() && options_.axis != -1;
  const Tensor target = detail::match_labels(
      name(), column ? detail::with_axis_last(name(), y_true, options_.axis) : y_true, scores);
  if (!options_.ignore_class) return sparse_categorical_crossentropy(target, scores, options_.from_logits);
  const Tensor counts = not_equal(target, static_cast<double>(*options_.ignore_class));
  const Tensor each = sparse_categorical_crossentropy(
      where(counts, target, 0.0), where(expand_dims(counts, -1), scores, 0.0), options_.from_logits);
  return where(counts, each, 0.0);
}

Tensor SparseCategoricalCrossentropy::counting(const Tensor& y_true, const Tensor& values) const {
  if (!options_.ignore_class) return {};
  return reshape(not_equal(y_true, static_cast<double>(*options_.ignore_class)), values.shape());
}

void SparseCategoricalCrossentropy::check_targets(const Tensor& y_true, const Shape& output) const {
  detail::check_labels(name(), y_true, output, options_.ignore_class, options_.axis);
}

BinaryCrossentropy::BinaryCrossentropy(CrossentropyOptions options) : options_(std::move(options)) {
  if (options_.name.empty()) options_.name = "binary_crossentropy";
  check("BinaryCrossentropy", options_);
}

Json BinaryCrossentropy::config() const { return dense_config(options_); }

Tensor BinaryCrossentropy::values(const Tensor& y_true, const Tensor& y_pred) const {
  auto [target, output] = detail::match_shapes(name(), y_true, y_pred);
  if (options_.label_smoothing > 0)
    target = target * (1 - options_.label_smoothing) + 0.5 * options_.label_smoothing;
  const Tensor each = binary_crossentropy(target, output, options_.from_logits);
  return detail::mean_of_axis(name(), each, options_.axis);
}

}  // namespace lamina
