// Cross-entropy losses.
#include "lamina/nn/losses/crossentropy.h"

#include "lamina/nn/config.h"
#include "lamina/nn/losses/detail/match.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/crossentropy.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/reshape.h"

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
  reader.only("axis", -1);
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
  reader.only("axis", -1);
  reader.only("ignore_class");
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
                       {"axis", -1}});
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
  return categorical_crossentropy(target, output, options_.from_logits);
}

SparseCategoricalCrossentropy::SparseCategoricalCrossentropy(SparseCrossentropyOptions options)
    : options_(std::move(options)) {
  if (options_.name.empty()) options_.name = "sparse_categorical_crossentropy";
  detail::require_reduction("SparseCategoricalCrossentropy", options_.reduction);
}

Json SparseCategoricalCrossentropy::config() const {
  return Json::object({{"name", options_.name},
                       {"reduction", options_.reduction},
                       {"from_logits", options_.from_logits},
                       {"ignore_class", nullptr}});
}

Tensor SparseCategoricalCrossentropy::values(const Tensor& y_true, const Tensor& y_pred) const {
  const Tensor target = y_true.rank() == y_pred.rank() && y_true.rank() > 0 && y_true.shape()[-1] == 1
                            ? squeeze(y_true, {-1})
                            : y_true;
  bool fits = target.rank() + 1 == y_pred.rank();
  for (int axis = 0; fits && axis < target.rank(); ++axis)
    fits = target.shape()[axis] == y_pred.shape()[axis];
  if (!fits) {
    throw InvalidArgument(
        "loss '" + name() +
        "': targets must be class indices, of the shape of the predictions without its last axis; "
        "received targets of shape " +
        y_true.shape().str() + " and predictions of shape " + y_pred.shape().str() +
        (y_true.shape() == y_pred.shape() ? "; for one-hot targets use categorical_crossentropy" : ""));
  }
  return sparse_categorical_crossentropy(target, y_pred, options_.from_logits);
}

void SparseCategoricalCrossentropy::check_targets(const Tensor& y_true, const Shape& output) const {
  const int64_t classes = output[-1];
  if (classes < 0) return;
  const std::vector<double> labels = y_true.to_vector<double>();
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= 0 && labels[i] < static_cast<double>(classes) &&
        labels[i] == static_cast<double>(static_cast<int64_t>(labels[i]))) {
      continue;
    }
    throw InvalidArgument("loss '" + name() + "': labels must be integers in 0.." +
                          std::to_string(classes - 1) + ", as the model has " + std::to_string(classes) +
                          " outputs; label number " + std::to_string(i) + " is " + Json(labels[i]).dump());
  }
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
  return each.rank() == 0 ? each : mean(each, {-1});
}

}  // namespace lamina
