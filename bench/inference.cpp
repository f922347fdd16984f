// Times what generating text is made of and prints one JSON line, for bench/figures:
//   lamina_inference read MB                                 "gb_s" of adding up so many megabytes
//   lamina_inference linear M N K [columns]                  "gb_s" of the weights: M rows by matrices (N,
//   K), or (K, N)
// Matrices of 128 MB in turn, as the layers of a network lie in memory. Best of several runs, with all
// threads. bench/inference_peer.py does the same with PyTorch.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <vector>

#include "lamina/lamina.h"

using namespace lamina;

namespace {

using Words = std::vector<std::string>;

template <class F>
double best_seconds(F f) {
  double best = 1e9, all = 0;
  f();
  for (int run = 0; run < 500 && all < 0.5; ++run) {
    const auto start = std::chrono::steady_clock::now();
    f();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
    all += took.count();
  }
  return best;
}

Tensor numbers(int64_t seed, const Shape& shape) { return random_normal(random_key(seed), shape).eval(); }

constexpr int64_t kBytes = 128 << 20;

Json read(const Words& words) {
  const int64_t n = std::stoll(words.at(0)) << 18;
  const Tensor all = numbers(1, {n});
  const Function f = compile([](const std::vector<Tensor>& x) { return std::vector{sum(x[0])}; });
  return Json::object({{"gb_s", 4e-9 * static_cast<double>(n) / best_seconds([&] { f({all}); })}});
}

Json linear(const Words& words) {
  const int64_t m = std::stoll(words.at(0)), n = std::stoll(words.at(1)), k = std::stoll(words.at(2));
  const bool columns = words.size() > 3;
  const int64_t count = std::max<int64_t>(1, kBytes / (4 * n * k));
  std::vector<Tensor> all{numbers(1, {m, k})};
  for (int64_t i = 0; i < count; ++i) all.push_back(numbers(i, columns ? Shape{k, n} : Shape{n, k}));
  const Function f = compile([&](const std::vector<Tensor>& x) {
    std::vector<Tensor> results;
    for (size_t i = 1; i < x.size(); ++i) results.push_back(matmul(x[0], x[i], false, !columns));
    return results;
  });
  return Json::object({{"gb_s", 4e-9 * static_cast<double>(n * k * count) / best_seconds([&] { f(all); })}});
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, Json (*)(const Words&)> kinds{{"read", read}, {"linear", linear}};
  try {
    std::puts(kinds.at(argc > 1 ? argv[1] : "")({argv + 2, argv + argc}).dump().c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr,
                 "lamina_inference: %s; the opening comment of bench/inference.cpp says what it takes\n",
                 error.what());
    return 1;
  }
}
