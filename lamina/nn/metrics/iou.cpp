// Intersection over union.
#include "lamina/nn/metrics/iou.h"

#include <algorithm>
#include <numeric>

#include "lamina/nn/losses/detail/match.h"
#include "lamina/nn/metrics/detail/make.h"
#include "lamina/ops/argreduce.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/broadcast_to.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/crossentropy.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/take.h"
#include "lamina/ops/where.h"

namespace lamina::metrics {
namespace {

using lamina::detail::kEpsilon;
constexpr int64_t kMostClasses = 1 << 13;

// Keras counts in integers, which their dtype says; here it says nothing.
IoUOptions read_iou(ConfigReader& reader, bool sparse_y_true, bool sparse_y_pred) {
  IoUOptions options;
  options.ignore_class = reader.optional_integer("ignore_class");
  options.sparse_y_true = sparse_y_true && reader.boolean("sparse_y_true", true);
  options.sparse_y_pred = reader.boolean("sparse_y_pred", sparse_y_pred);
  options.axis = static_cast<int>(std::clamp<int64_t>(reader.integer("axis", -1), -64, 64));
  options.name = reader.string("name", "");
  reader.allow("dtype");
  reader.done();
  return options;
}

template <class M>
std::shared_ptr<Metric> make_targets(const Json& config, const char* class_name, bool sparse) {
  ConfigReader reader(config, class_name);
  const int64_t classes = reader.integer("num_classes");
  const std::vector<int64_t> targets = reader.integers("target_class_ids");
  return std::make_shared<M>(classes, targets, read_iou(reader, sparse, sparse));
}

template <class M>
std::shared_ptr<Metric> make_means(const Json& config, const char* class_name, bool sparse) {
  ConfigReader reader(config, class_name);
  const int64_t classes = reader.integer("num_classes");
  return std::make_shared<M>(classes, read_iou(reader, sparse, sparse));
}

std::shared_ptr<Metric> make_binary_iou(const Json& config) {
  ConfigReader reader(config, "BinaryIoU");
  BinaryIoUOptions options;
  if (!reader.json("target_class_ids").is_null())
    options.target_class_ids = reader.integers("target_class_ids");
  options.threshold = reader.number("threshold", options.threshold);
  options.name = reader.string("name", "");
  reader.allow("dtype");
  reader.done();
  return std::make_shared<BinaryIoU>(options);
}

const bool iou_registered = [] {
  using Known = Registry<Metric>;
  Known::add("IoU", [](const Json& config) { return make_targets<IoU>(config, "IoU", true); });
  Known::add("MeanIoU", [](const Json& config) { return make_means<MeanIoU>(config, "MeanIoU", true); });
  Known::add("OneHotIoU",
             [](const Json& config) { return make_targets<OneHotIoU>(config, "OneHotIoU", false); });
  Known::add("OneHotMeanIoU",
             [](const Json& config) { return make_means<OneHotMeanIoU>(config, "OneHotMeanIoU", false); });
  Known::add("BinaryIoU", make_binary_iou);
  return true;
}();

std::vector<int64_t> all_classes(int64_t count) {
  std::vector<int64_t> all(static_cast<size_t>(std::clamp<int64_t>(count, 0, kMostClasses)));
  std::iota(all.begin(), all.end(), int64_t{0});
  return all;
}

IoUOptions of_rows(IoUOptions options) {
  options.sparse_y_true = false;
  return options;
}

}  // namespace

IoU::IoU(int64_t num_classes, std::vector<int64_t> target_class_ids, const IoUOptions& options)
    : IoU("io_u", num_classes, std::move(target_class_ids), options) {}

IoU::IoU(const char* default_name, int64_t num_classes, std::vector<int64_t> target_class_ids,
         IoUOptions options)
    : classes_(num_classes), targets_(std::move(target_class_ids)), options_(std::move(options)) {
  if (options_.name.empty()) options_.name = default_name;
  const auto refuse = [&](const std::string& what) {
    throw InvalidArgument("metric '" + options_.name + "': " + what);
  };
  if (classes_ < 1 || classes_ > kMostClasses)
    refuse("num_classes must be from 1 to 8192, received " + std::to_string(classes_));
  if (targets_.empty()) refuse("target_class_ids must name a class");
  for (const int64_t id : targets_) {
    if (id < 0 || id >= classes_)
      refuse("class " + std::to_string(id) + " is not one of " + std::to_string(classes_));
  }
}

MeanIoU::MeanIoU(int64_t num_classes, const IoUOptions& options)
    : IoU("mean_io_u", num_classes, all_classes(num_classes), options) {}
OneHotIoU::OneHotIoU(int64_t num_classes, std::vector<int64_t> target_class_ids, const IoUOptions& options)
    : IoU("one_hot_io_u", num_classes, std::move(target_class_ids), of_rows(options)) {}
OneHotMeanIoU::OneHotMeanIoU(int64_t num_classes, const IoUOptions& options)
    : IoU("one_hot_mean_io_u", num_classes, all_classes(num_classes), of_rows(options)) {}
BinaryIoU::BinaryIoU(const BinaryIoUOptions& options)
    : IoU("binary_io_u", 2, options.target_class_ids, {.name = options.name}),
      threshold_(options.threshold) {}

std::vector<Metric::Variable> IoU::variables() const {
  return {{"total_confusion_matrix", {DType::kFloat64, {classes_, classes_}}}};
}

Tensor IoU::predicted(const Tensor& y_pred) const {
  return options_.sparse_y_pred ? y_pred : argmax(y_pred, options_.axis);
}

Tensor BinaryIoU::predicted(const Tensor& y_pred) const {
  return cast(ops::greater_equal(y_pred, threshold_), DType::kInt32);
}

std::vector<Tensor> IoU::update(std::span<const Tensor> state, const Tensor& y_true,
                                const Tensor& y_pred) const {
  return update_weighted(state, y_true, y_pred, Tensor());
}

std::vector<Tensor> IoU::update_weighted(std::span<const Tensor> state, const Tensor& y_true,
                                         const Tensor& y_pred, const Tensor& sample_weight) const {
  const auto flat = [](const Tensor& x) { return reshape(cast(x, DType::kInt32), {-1}); };
  const Tensor target = flat(options_.sparse_y_true ? y_true : argmax(y_true, options_.axis));
  const Tensor output = flat(predicted(y_pred));
  if (target.shape() != output.shape()) {
    throw InvalidArgument("metric '" + name() + "': targets of shape " + y_true.shape().str() +
                          " do not fit predictions of shape " + y_pred.shape().str());
  }
  const auto inside = [&](const Tensor& x) {
    return ops::logical_and(ops::greater_equal(x, 0.0), ops::less(x, static_cast<double>(classes_)));
  };
  Tensor counts = ops::logical_and(inside(target), inside(output));
  if (options_.ignore_class)
    counts = ops::logical_and(counts, not_equal(target, static_cast<double>(*options_.ignore_class)));
  Tensor weight = cast(counts, DType::kFloat64);
  if (sample_weight.defined()) {
    const Tensor whole = cast(flat(sample_weight), DType::kFloat64);
    const int64_t given = whole.shape()[0], wanted = target.shape()[0];
    if (given != wanted && given != 1) {
      throw InvalidArgument("metric '" + name() + "': one weight for each of " + std::to_string(wanted) +
                            " values is needed, received weights of shape " + sample_weight.shape().str());
    }
    weight = weight * whole;
  }
  const Tensor place = where(counts, target * static_cast<double>(classes_) + output, 0.0);
  return {state[0] + reshape(scatter_add(weight, place, 0, classes_ * classes_), {classes_, classes_})};
}

double IoU::result(std::span<const Tensor> state) const {
  const double* matrix = state[0].data<double>();
  const auto at = [&](int64_t row, int64_t column) { return matrix[row * classes_ + column]; };
  double sum = 0, present = 0;
  for (const int64_t id : targets_) {
    double either = -at(id, id);
    for (int64_t other = 0; other < classes_; ++other) either += at(id, other) + at(other, id);
    if (!(either > 1e-9)) continue;
    present += 1;
    sum += at(id, id) / (either + kEpsilon);
  }
  return static_cast<float>(sum / (present + kEpsilon));
}

Json IoU::config_of(bool classes, bool targets, bool sparse_true) const {
  Json ids = Json::list({});
  for (const int64_t id : targets_) ids.push_back(id);
  Json config = Json::object({});
  if (classes) config["num_classes"] = classes_;
  if (targets) config["target_class_ids"] = ids;
  config["name"] = name();
  config["dtype"] = "int64";
  config["ignore_class"] = options_.ignore_class ? Json(*options_.ignore_class) : Json();
  if (sparse_true) config["sparse_y_true"] = options_.sparse_y_true;
  config["sparse_y_pred"] = options_.sparse_y_pred;
  config["axis"] = options_.axis;
  return config;
}

Json IoU::config() const {
  const Json all = config_of(true, true, true);
  Json config = Json::object({{"name", name()}, {"dtype", "int64"}});
  for (const char* key :
       {"num_classes", "target_class_ids", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis"})
    config[key] = all.at(key);
  return config;
}

Json BinaryIoU::config() const {
  Json ids = Json::list({});
  for (const int64_t id : targets()) ids.push_back(id);
  return Json::object(
      {{"target_class_ids", ids}, {"threshold", threshold_}, {"name", name()}, {"dtype", "int64"}});
}

}  // namespace lamina::metrics
