// CPU kernels of the random numbers that take more than one word each: every element has a sequence of its
// own.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/element.h"
#include "lamina/ops/detail/philox.h"
#include "lamina/ops/detail/place.h"
#include "lamina/ops/detail/special_functions.h"
#include "lamina/ops/random.h"
#include "lamina/ops/random_distributions.h"

namespace lamina {
namespace {

using detail::ElementRandom;

constexpr int64_t kGrain = 512;

/// Calls element(random numbers, place) for all places.
template <class Element>
void for_each_element(const KernelArgs& args, int64_t n, int64_t stream, Element element) {
  const auto* key = args.input<int64_t>(0);
  parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t place = begin; place < end; ++place) {
      ElementRandom random(key, stream, place);
      element(random, place);
    }
  });
}

std::unique_ptr<Kernel> prepare_integers(const KernelDesc& desc) {
  const auto& attrs = desc.attrs.as<RandomIntegersAttrs>();
  return dispatch(attrs.dtype, [&](auto zero) -> std::unique_ptr<Kernel> {
    using T = decltype(zero);
    return make_kernel([n = attrs.shape.size(), stream = attrs.stream, least = attrs.minval,
                        range = static_cast<uint64_t>(attrs.maxval) -
                                static_cast<uint64_t>(attrs.minval)](const KernelArgs& args) {
      T* y = args.output<T>(0);
      for_each_element(args, n, stream, [&](ElementRandom& random, int64_t place) {
        // The upper half of the product of 128 bits.
        const uint64_t bits = random.bits(), low = (bits & 0xffffffff) * (range & 0xffffffff);
        const uint64_t one = (bits >> 32) * (range & 0xffffffff) + (low >> 32);
        const uint64_t other = (bits & 0xffffffff) * (range >> 32) + (one & 0xffffffff);
        const uint64_t steps = (bits >> 32) * (range >> 32) + (one >> 32) + (other >> 32);
        y[place] = static_cast<T>(static_cast<int64_t>(static_cast<uint64_t>(least) + steps));
      });
    });
  });
}

/// log of a gamma variate, which does not underflow for small alpha.
double log_gamma_variate(ElementRandom& random, double alpha) {
  double boost = 0;
  if (alpha < 1) {
    boost = std::log(random.uniform()) / alpha;
    alpha += 1;
  }
  const double d = alpha - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double z = random.normal(), t = 1 + c * z;
    if (t <= 0) continue;
    const double v = t * t * t;
    if (std::log(random.uniform()) < z * z / 2 + d - d * v + d * std::log(v)) return boost + std::log(d * v);
  }
}

/// Successes of n trials with p up to a half.
double binomial_variate(ElementRandom& random, double n, double p) {
  if (n * p < 10) {
    // The gaps between successes are geometric.
    const double scale = std::log1p(-p);
    double successes = 0, trials = 0;
    if (p <= 0) return 0;
    for (;; ++successes) {
      trials += std::ceil(std::log(random.uniform()) / scale);
      if (trials > n) return successes;
    }
  }
  // Hörmann's BTRS.
  const double deviation = std::sqrt(n * p * (1 - p)), b = 1.15 + 2.53 * deviation;
  const double a = -0.0873 + 0.0248 * b + 0.01 * p, center = n * p + 0.5;
  const double alpha = (2.83 + 5.1 / b) * deviation, inner = 0.92 - 4.2 / b;
  const double mode = std::floor((n + 1) * p), odds = std::log(p / (1 - p));
  const double top = detail::log_gamma(mode + 1) + detail::log_gamma(n - mode + 1);
  for (;;) {
    const double u = random.uniform() - 0.5, v = random.uniform(), edge = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / edge + b) * u + center);
    if (edge >= 0.07 && v <= inner) return k;
    if (k < 0 || k > n) continue;
    const double height = top - detail::log_gamma(k + 1) - detail::log_gamma(n - k + 1) + (k - mode) * odds;
    if (std::log(v * alpha / (a / (edge * edge) + b)) <= height) return k;
  }
}

[[noreturn]] void refuse(const char* op, const char* what, double value, const Shape& shape, int64_t place) {
  throw InvalidArgument(std::string(op) + ": " + what + ", received " + std::to_string(value) + " at place " +
                        detail::place_of(place, shape));
}

/// One variate from its random numbers and parameters, of which there are kParameters. `check(i, value)` says
/// what parameter i has to be, or nothing.
template <int kParameters, class Check, class Draw>
std::unique_ptr<Kernel> by_parameters(const KernelDesc& desc, const char* op, Check check, Draw draw) {
  return make_kernel([=, attrs = desc.attrs.as<RandomAttrs>()](const KernelArgs& args) {
    float* y = args.output<float>(0);
    const double* parameters[2] = {};
    for (int i = 0; i < kParameters; ++i) parameters[i] = args.input<double>(i + 1);
    for_each_element(args, attrs.shape.size(), attrs.stream, [&](ElementRandom& random, int64_t place) {
      double at[2] = {};
      for (int i = 0; i < kParameters; ++i) {
        at[i] = parameters[i][place];
        if (const char* wanted = check(i, at[i])) refuse(op, wanted, at[i], attrs.shape, place);
      }
      y[place] = static_cast<float>(draw(random, at[0], at[1]));
    });
  });
}

const char* nothing_wrong(int, double) { return nullptr; }
const char* above_zero(int i, double value) {
  if (value > 0 && std::isfinite(value)) return nullptr;
  return i == 0 ? "alpha must be above 0" : "beta must be above 0";
}
const char* of_trials(int i, double value) {
  if (i == 0)
    return value >= 0 && value <= 0x1p24 && value == std::floor(value)
               ? nullptr
               : "counts must be whole, from 0 to 2^24";
  return value >= 0 && value <= 1 ? nullptr : "probabilities must be from 0 to 1";
}

std::unique_ptr<Kernel> prepare_truncated(const KernelDesc& desc) {
  return by_parameters<0>(desc, "random_truncated_normal", nothing_wrong,
                          [](ElementRandom& random, double, double) {
                            const double share = std::erf(std::sqrt(2.0));
                            return std::sqrt(2.0) * detail::erf_inverse(share * (2 * random.uniform() - 1));
                          });
}

std::unique_ptr<Kernel> prepare_gamma(const KernelDesc& desc) {
  return by_parameters<1>(desc, "random_gamma", above_zero, [](ElementRandom& random, double alpha, double) {
    return std::exp(log_gamma_variate(random, alpha));
  });
}

std::unique_ptr<Kernel> prepare_beta(const KernelDesc& desc) {
  return by_parameters<2>(
      desc, "random_beta", above_zero, [](ElementRandom& random, double alpha, double beta) {
        const double x = log_gamma_variate(random, alpha), y = log_gamma_variate(random, beta);
        return 1 / (1 + std::exp(y - x));
      });
}

std::unique_ptr<Kernel> prepare_binomial(const KernelDesc& desc) {
  return by_parameters<2>(desc, "random_binomial", of_trials, [](ElementRandom& random, double n, double p) {
    return p <= 0.5 ? binomial_variate(random, n, p) : n - binomial_variate(random, n, 1 - p);
  });
}

std::unique_ptr<Kernel> prepare_categorical(const KernelDesc& desc) {
  const Shape& logits = desc.inputs[1].type.shape;
  return make_kernel(
      [classes = logits[1], attrs = desc.attrs.as<RandomAttrs>()](const KernelArgs& args) {
        const auto* key = args.input<int64_t>(0);
        const int64_t rows = attrs.shape[0], samples = attrs.shape[1];
        auto* sums = static_cast<double*>(args.workspace);
        parallel_for(rows, std::max<int64_t>(1, kGrain / (classes + 1)), [&](int64_t begin, int64_t end) {
          for (int64_t row = begin; row < end; ++row) {
            const double* x = args.input<double>(1) + row * classes;
            double largest = x[0], total = 0;
            for (int64_t i = 0; i < classes; ++i) largest = std::max(largest, x[i]);
            for (int64_t i = 0; i < classes; ++i) sums[row * classes + i] = total += std::exp(x[i] - largest);
            if (!(total > 0 && std::isfinite(total)))
              throw InvalidArgument("random_categorical: row " + std::to_string(row) +
                                    " of the logits has no class with a probability, or NaN or infinity");
          }
        });
        parallel_for(rows * samples, kGrain, [&](int64_t begin, int64_t end) {
          for (int64_t place = begin; place < end; ++place) {
            const double* first = sums + place / samples * classes;
            const double at = ElementRandom(key, attrs.stream, place).uniform() * first[classes - 1];
            const int64_t found = std::upper_bound(first, first + classes, at) - first;
            // Where rounding gave the whole sum, the last class that has a probability.
            const int64_t last = std::lower_bound(first, first + classes, first[classes - 1]) - first;
            args.output<int64_t>(0)[place] = std::min(found, last);
          }
        });
      },
      static_cast<size_t>(logits.size()) * sizeof(double));
}

const KernelRegistration integers("random_randint", DeviceKind::kCpu,
                                  {{.name = "elements", .prepare = prepare_integers}});
const KernelRegistration truncated("random_truncated_normal", DeviceKind::kCpu,
                                   {{.name = "elements", .prepare = prepare_truncated}});
const KernelRegistration gammas("random_gamma", DeviceKind::kCpu,
                                {{.name = "elements", .prepare = prepare_gamma}});
const KernelRegistration betas("random_beta", DeviceKind::kCpu,
                               {{.name = "elements", .prepare = prepare_beta}});
const KernelRegistration binomials("random_binomial", DeviceKind::kCpu,
                                   {{.name = "elements", .prepare = prepare_binomial}});
const KernelRegistration categories("random_categorical", DeviceKind::kCpu,
                                    {{.name = "elements", .prepare = prepare_categorical}});

}  // namespace
}  // namespace lamina
