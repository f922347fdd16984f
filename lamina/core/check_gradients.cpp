// Gradients against central differences.
#include "lamina/core/check_gradients.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <string>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/core/compile.h"
#include "lamina/core/tensor_node.h"

namespace lamina {
namespace {

std::string number(double value) { return Json(value).dump(); }

// "(1, 2)"
std::string place_of(size_t index, const Shape& shape) {
  auto rest = static_cast<int64_t>(index);
  std::string text;
  for (int axis = shape.rank(); axis-- > 0; rest /= shape[axis])
    text = std::to_string(rest % shape[axis]) + (text.empty() ? "" : ", ") + text;
  return "(" + text + ")";
}

// Weights of the shapes of `like`, from the bits of the generator: the same on every machine.
std::vector<Tensor> weights_like(const std::vector<Tensor>& like, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Tensor> weights;
  for (const Tensor& tensor : like) {
    std::vector<double> values(static_cast<size_t>(tensor.size()));
    for (double& value : values) value = 0.5 + static_cast<double>(random() >> 11) * 0x1p-53;
    weights.push_back(Tensor::from(values, tensor.shape()));
  }
  return weights;
}

double weighted_sum(const std::vector<Tensor>& results, const std::vector<std::vector<double>>& weights) {
  double total = 0;
  for (size_t r = 0; r < results.size(); ++r) {
    const std::vector<double> values = results[r].to_vector<double>();
    for (size_t i = 0; i < values.size(); ++i) total += weights[r][i] * values[i];
  }
  return total;
}

// Derivatives of weighted results by some of what they were made of; a result that is data depends on none of
// it.
std::vector<Tensor> products(const std::vector<Tensor>& results, const std::vector<Tensor>& by,
                             const std::vector<Tensor>& weights) {
  std::vector<Tensor> outputs, cotangents;
  for (size_t i = 0; i < results.size(); ++i) {
    const bool given = std::any_of(by.begin(), by.end(),
                                   [&](const Tensor& input) { return input.node() == results[i].node(); });
    if (results[i].computed() && !results[i].node()->history && !given) continue;
    outputs.push_back(results[i]);
    cotangents.push_back(weights[i]);
  }
  return vjp(outputs, by, cotangents);
}

class Check {
 public:
  Check(const std::vector<Tensor>& inputs, const GradientCheckOptions& options) : options_(options) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      const bool floating = is_floating(inputs[i].dtype());
      if (floating) wanted_.push_back(i);
      at_.push_back(floating ? Tensor::from(inputs[i].to_vector<double>(), inputs[i].shape()) : inputs[i]);
    }
    if (wanted_.empty()) throw InvalidArgument("check_gradients: no input is floating");
    if (!(options.step > 0) || !(options.tolerance >= 0) || options.elements < 0 || options.order < 1 ||
        options.order > 2) {
      throw InvalidArgument(
          "check_gradients: step must be above 0, tolerance and elements at least 0, order 1 or 2");
    }
  }

  /// What `f` gives in float64, and its derivatives by the wanted inputs with fixed weights.
  void run(const TensorFunction& f) const {
    const TensorFunction floating = [&f](const std::vector<Tensor>& args) {
      std::vector<Tensor> results;
      for (const Tensor& result : f(args)) {
        if (!result.defined())
          throw InvalidArgument("check_gradients: the function gave an undefined tensor");
        if (is_floating(result.dtype())) results.push_back(result);
      }
      return results;
    };
    const std::vector<Tensor> weights = weights_like(required(floating(at_)), options_.seed);
    const TensorFunction derivatives = [&](const std::vector<Tensor>& args) {
      std::vector<Tensor> by;
      for (const size_t i : wanted_) by.push_back(args[i]);
      return products(floating(args), by, weights);
    };
    compare(floating, weights, derivatives(at_), options_.tolerance, "gradient");
    if (options_.order < 2) return;
    const std::vector<Tensor> second = weights_like(derivatives(at_), options_.seed + 1);
    std::vector<Tensor> by;
    for (const size_t i : wanted_) by.push_back(at_[i]);
    compare(derivatives, second, products(derivatives(at_), by, second), 10 * options_.tolerance,
            "gradient of the gradient");
  }

 private:
  static const std::vector<Tensor>& required(const std::vector<Tensor>& results) {
    if (results.empty()) throw InvalidArgument("check_gradients: no result is floating");
    for (const Tensor& result : results) {
      if (result.dtype() == DType::kFloat64) continue;
      throw InvalidArgument(std::string("check_gradients: a result is ") + result.type().str() +
                            ", and differences in it say nothing; compute in float64: layers take .dtype = "
                            "\"float64\", and their weights are then float64, too");
    }
    return results;
  }

  void compare(const TensorFunction& f, const std::vector<Tensor>& weights,
               const std::vector<Tensor>& gradients, double tolerance, const char* what) const {
    std::vector<std::vector<double>> factors;
    for (const Tensor& weight : weights) factors.push_back(weight.to_vector<double>());
    const Function compiled = compile(f, "check_gradients");
    std::optional<std::string> first;
    int64_t wrong = 0, all = 0;
    for (size_t k = 0; k < wanted_.size(); ++k) {
      const Tensor& input = at_[wanted_[k]];
      std::vector<double> values = input.to_vector<double>();
      const std::vector<double> received = gradients[k].to_vector<double>();
      const auto most = static_cast<size_t>(options_.elements);
      const size_t stride = most == 0 ? 1 : 1 + values.size() / (most + 1);
      for (size_t e = 0; e < values.size(); e += stride, ++all) {
        const auto moved = [&](double by) {
          const double kept = values[e];
          values[e] += by;
          std::vector<Tensor> args = at_;
          args[wanted_[k]] = Tensor::from(values, input.shape());
          values[e] = kept;
          return weighted_sum(compiled(args), factors);
        };
        const double expected = (moved(options_.step) - moved(-options_.step)) / (2 * options_.step);
        if (std::fabs(received[e] - expected) <= tolerance * (1 + std::fabs(expected))) continue;
        ++wrong;
        if (!first) {
          first = "check_gradients: the " + std::string(what) + " by input " + std::to_string(wanted_[k]) +
                  " " + input.type().str() + " at element " + place_of(e, input.shape()) + ": expected " +
                  number(expected) + " by central differences, received " + number(received[e]);
        }
      }
    }
    if (first)
      throw InvalidArgument(*first + " (" + std::to_string(wrong) + " of " + std::to_string(all) +
                            " elements differ)");
  }

  const GradientCheckOptions& options_;
  std::vector<Tensor> at_;
  std::vector<size_t> wanted_;
};

}  // namespace

void check_gradients(const TensorFunction& f, const std::vector<Tensor>& inputs,
                     const GradientCheckOptions& options) {
  Check(inputs, options).run(f);
}

}  // namespace lamina
