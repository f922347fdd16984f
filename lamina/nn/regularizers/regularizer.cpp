// The regularizers of Keras.
#include "lamina/nn/regularizers/regularizer.h"

#include <cmath>

#include "lamina/nn/config.h"
#include "lamina/nn/detail/registry-inl.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/full.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/one_hot.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"

namespace lamina {

template class Registry<Regularizer>;

namespace {

double checked(const char* class_name, const char* argument, double factor) {
  if (std::isfinite(factor) && factor >= 0) return factor;
  throw InvalidArgument(std::string(class_name) + ": " + argument +
                        " must be a number that is not negative, received " + Json(factor).dump());
}

const bool regularizer_registered = [] {
  using Known = Registry<Regularizer>;
  Known::add("L1",
             [](const Json& config) -> std::shared_ptr<Regularizer> {
               ConfigReader reader(config, "L1");
               const double l1 = reader.number("l1", 0.01);
               reader.done();
               return std::make_shared<L1>(l1);
             },
             {"l1"});
  Known::add("L2",
             [](const Json& config) -> std::shared_ptr<Regularizer> {
               ConfigReader reader(config, "L2");
               const double l2 = reader.number("l2", 0.01);
               reader.done();
               return std::make_shared<L2>(l2);
             },
             {"l2"});
  Known::add("L1L2",
             [](const Json& config) -> std::shared_ptr<Regularizer> {
               ConfigReader reader(config, "L1L2");
               L1L2Options options;
               options.l1 = reader.number("l1", 0.0);
               options.l2 = reader.number("l2", 0.0);
               reader.done();
               return std::make_shared<L1L2>(options);
             },
             {"l1_l2"});
  Known::add("OrthogonalRegularizer",
             [](const Json& config) -> std::shared_ptr<Regularizer> {
               ConfigReader reader(config, "OrthogonalRegularizer");
               OrthogonalRegularizerOptions options;
               options.factor = reader.number("factor", options.factor);
               options.mode = reader.string("mode", options.mode);
               reader.done();
               return std::make_shared<OrthogonalRegularizer>(options);
             },
             {"orthogonal_regularizer"});
  return true;
}();

}  // namespace

L1::L1(double l1) : l1_(checked("L1", "l1", l1)) {}
Json L1::config() const { return Json::object({{"l1", l1_}}); }
Tensor L1::operator()(const Tensor& x) const { return sum(abs(x)) * l1_; }

L2::L2(double l2) : l2_(checked("L2", "l2", l2)) {}
Json L2::config() const { return Json::object({{"l2", l2_}}); }
Tensor L2::operator()(const Tensor& x) const { return sum(square(x)) * l2_; }

L1L2::L1L2(const L1L2Options& options) : options_(options) {
  checked("L1L2", "l1", options.l1);
  checked("L1L2", "l2", options.l2);
}
Json L1L2::config() const { return Json::object({{"l1", options_.l1}, {"l2", options_.l2}}); }
Tensor L1L2::operator()(const Tensor& x) const {
  return sum(abs(x)) * options_.l1 + sum(square(x)) * options_.l2;
}

OrthogonalRegularizer::OrthogonalRegularizer(const OrthogonalRegularizerOptions& options)
    : options_(options) {
  checked("OrthogonalRegularizer", "factor", options.factor);
  if (options.mode != "rows" && options.mode != "columns") {
    throw InvalidArgument("OrthogonalRegularizer: mode must be 'rows' or 'columns', received '" +
                          options.mode + "'");
  }
}

Json OrthogonalRegularizer::config() const {
  return Json::object({{"factor", options_.factor}, {"mode", options_.mode}});
}

Tensor OrthogonalRegularizer::operator()(const Tensor& x) const {
  if (x.rank() != 2) {
    throw InvalidArgument("OrthogonalRegularizer: expected a matrix, received shape " + x.shape().str());
  }
  // Keras divides by the norm as its l2_normalize does: squares below 1e-12 count as that.
  const bool rows = options_.mode == "rows";
  const Tensor squares = sum(square(x), {rows ? 1 : 0}, true);
  const Tensor unit = x * rsqrt(maximum(squares, 1e-12));
  const Tensor products = rows ? matmul(unit, unit, false, true) : matmul(unit, unit, true, false);
  const int64_t n = x.shape()[rows ? 0 : 1];
  const Tensor different = products * (1.0 - one_hot(arange(n), n, x.dtype()));
  const double pairs = static_cast<double>(n) * static_cast<double>(n - 1) / 2.0;
  return sum(abs(different)) * (0.5 * options_.factor / pairs);
}

}  // namespace lamina
