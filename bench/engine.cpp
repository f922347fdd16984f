// Times one piece of work of the engine and prints one JSON line, for bench/figures:
//   lamina_engine product M N K COUNT DTYPE [transposed]     "gflops"; transposed: the second operand
//   lamina_engine conv SIDE IN OUT DTYPE [gradients] [halves | depthwise]
//                                                            "gflops"; 8 images, 3x3, "same", in 2 groups or
//                                                            in IN
//   lamina_engine plan LAYERS                                "plan_ms" of a step of so many dense layers
//   lamina_engine loop eager|compiled                        "step_us" of a step of 100 -> 64 -> 64 -> 10
//   lamina_engine array WORK DTYPE [ROWS SIDE]               "ms", a million elements, or ROWS matrices
//   lamina_engine residual BLOCKS BATCH                      "step_ms" of a residual network on 32x32 images,
//                                                            6 BLOCKS + 2 layers; "reorders" in its step
//   lamina_engine predict                                    "call_ms" of one 32x32 image through
//   convolutions
//                                                            of 27 million weights
//   lamina_engine signatures COUNT                           "mb" that predictions of batches of 1 ... COUNT
//                                                            take beyond that of the first one
// Best of several runs, with all threads. bench/engine_peer.py does the same with PyTorch and NumPy.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <unistd.h>

#include "lamina/base/system.h"
#include "lamina/lamina.h"

using namespace lamina;

namespace {

/// What lies in memory of this process now, in bytes.
int64_t resident_memory_bytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t all = 0, resident = 0;
  statm >> all >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

using Words = std::vector<std::string>;

template <class F>
double best_seconds(int runs, int repeats, F f) {
  double best = 1e9;
  f();
  for (int run = 0; run < runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < repeats; ++i) f();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count() / repeats);
  }
  return best;
}

Tensor numbers(int64_t seed, const Shape& shape, DType dtype = DType::kFloat32) {
  return cast(random_normal(random_key(seed), shape), dtype).eval();
}

double time_of(const TensorFunction& f, const std::vector<Tensor>& arguments) {
  const Function compiled = compile(f);
  return best_seconds(9, 1, [&] { compiled(arguments); });
}

Json product(const Words& words) {
  const int64_t m = std::stoll(words.at(0)), n = std::stoll(words.at(1)), k = std::stoll(words.at(2)),
                count = std::stoll(words.at(3));
  const DType dtype = dtype_from_name(words.at(4));
  const bool transposed = words.size() > 5;
  const Tensor a = numbers(1, {count, m, k}, dtype);
  const Tensor b = numbers(2, transposed ? Shape{count, n, k} : Shape{count, k, n}, dtype);
  const double seconds = time_of(
      [&](const std::vector<Tensor>& x) { return std::vector{matmul(x[0], x[1], false, transposed)}; },
      {a, b});
  return Json::object({{"gflops", 2e-9 * static_cast<double>(m * n * k * count) / seconds}});
}

Json conv(const Words& words) {
  const int64_t side = std::stoll(words.at(0)), in = std::stoll(words.at(1)), out = std::stoll(words.at(2));
  const DType dtype = dtype_from_name(words.at(3));
  const auto says = [&](const char* word) { return std::count(words.begin() + 4, words.end(), word) > 0; };
  const int64_t groups = says("depthwise") ? in : says("halves") ? 2 : 1;
  const auto forward = [groups](const std::vector<Tensor>& a) {
    return std::vector{conv2d(a[0], a[1], {.padding = "same", .groups = groups})};
  };
  const TensorFunction both = [&](const std::vector<Tensor>& a) {
    return vjp(forward({a[0], a[1]}), {a[0], a[1]}, {a[2]});
  };
  const std::vector<Tensor> all{numbers(1, {8, side, side, in}, dtype),
                                numbers(2, {3, 3, in / groups, out}, dtype),
                                numbers(3, {8, side, side, out}, dtype)};
  const double seconds = says("gradients") ? time_of(both, all) : time_of(forward, {all[0], all[1]});
  const double work =
      2e-9 * static_cast<double>(8 * side * side * in / groups * out * 9) * (says("gradients") ? 2 : 1);
  return Json::object({{"gflops", work / seconds}});
}

std::vector<Tensor> dense_weights(const std::vector<int64_t>& widths) {
  std::vector<Tensor> weights;
  for (size_t i = 0; i + 1 < widths.size(); ++i) {
    const auto scale = 1 / std::sqrt(static_cast<double>(widths[i]));
    weights.push_back((numbers(static_cast<int64_t>(i), {widths[i], widths[i + 1]}) * scale).eval());
    weights.push_back(zeros({widths[i + 1]}).eval());
  }
  return weights;
}

/// The weights after a step of gradient descent, and the loss.
std::vector<Tensor> descend(const std::vector<Tensor>& weights, const Tensor& x, const Tensor& y) {
  Tensor h = x;
  for (size_t i = 0; i < weights.size(); i += 2) {
    h = matmul(h, weights[i]) + weights[i + 1];
    if (i + 2 < weights.size()) h = relu(h);
  }
  const Tensor loss = mean(sum(log_softmax(h) * y, {-1})) * -1.0;
  const std::vector<Tensor> gradient = gradients(loss, weights);
  std::vector<Tensor> next;
  for (size_t i = 0; i < weights.size(); ++i) next.push_back(weights[i] - gradient[i] * 0.01);
  next.push_back(loss);
  return next;
}

TensorFunction descent_of(size_t weights) {
  return [weights](const std::vector<Tensor>& a) {
    return descend({a.begin(), a.begin() + static_cast<std::ptrdiff_t>(weights)}, a[weights], a[weights + 1]);
  };
}

Json plan(const Words& words) {
  const std::vector<int64_t> widths(static_cast<size_t>(std::stoll(words.at(0))) + 1, 32);
  const std::vector<Tensor> batch{numbers(1, {16, 32}), numbers(2, {16, 32})};
  double best = 1e9;
  for (int run = 0; run < 3; ++run) {
    std::vector<Tensor> weights = dense_weights(widths);
    Step step(descent_of(weights.size()), weights.size());
    step(weights, batch);
    best = std::min(best, step.statistics().last_compile_ms);
  }
  return Json::object({{"plan_ms", best}});
}

Json loop(const Words& words) {
  std::vector<Tensor> weights = dense_weights({100, 64, 64, 10});
  const Tensor x = numbers(1, {32, 100}),
               y = one_hot(Tensor::from(std::vector<int32_t>(32, 3), {32}), 10).eval();
  Step step(descent_of(weights.size()), weights.size());
  const std::vector<Tensor> batch{x, y};
  std::vector<Tensor> outputs;
  const std::function<void()> eager = [&] {
    std::vector<Tensor> next = descend(weights, x, y);
    eval(next);
    next.back().item();
    next.pop_back();
    weights = std::move(next);
  };
  const std::function<void()> compiled = [&] {
    step(weights, batch, outputs);
    outputs[0].item();
  };
  return Json::object({{"step_us", 1e6 * best_seconds(100, 100, words.at(0) == "eager" ? eager : compiled)}});
}

Json array(const Words& words) {
  constexpr int64_t kMany = 1'000'000;
  const DType dtype = dtype_from_name(words.at(1));
  using Work = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;
  const auto one = [](auto f) -> Work {
    return [f](const std::vector<Tensor>& a) { return std::vector{f(a)}; };
  };
  if (words.size() > 2) {
    const int64_t count = std::stoll(words.at(2)), side = std::stoll(words.at(3));
    const Tensor x = numbers(1, {count, side, side}, dtype);
    const Tensor places = arange(side);
    const Tensor eye = cast(one_hot(places, side), dtype) * static_cast<double>(side);
    const Tensor definite = (matmul(x, x, false, true) + eye).eval();
    const std::map<std::string, std::pair<Work, std::vector<Tensor>>> all{
        {"cholesky", {one([](const auto& a) { return linalg::cholesky(a[0]); }), {definite}}},
        {"inv", {one([](const auto& a) { return linalg::inv(a[0]); }), {definite}}},
        {"solve", {one([](const auto& a) { return linalg::solve(a[0], a[1]); }), {definite, x}}},
        {"det", {one([](const auto& a) { return linalg::det(a[0]); }), {x}}},
        {"qr",
         {[](const auto& a) {
            const auto [q, r] = linalg::qr(a[0]);
            return std::vector{q, r};
          },
          {x}}},
        {"eigh",
         {[](const auto& a) {
            const auto [values, vectors] = linalg::eigh(a[0]);
            return std::vector{values, vectors};
          },
          {definite}}},
        {"svd",
         {[](const auto& a) {
            const auto [u, s, vh] = linalg::svd(a[0]);
            return std::vector{u, s, vh};
          },
          {x}}}};
    const auto& [work, arguments] = all.at(words[0]);
    return Json::object({{"ms", 1e3 * time_of(work, arguments)}});
  }
  const Tensor x = numbers(1, {kMany}, dtype), rows = numbers(2, {1000, 1000}, dtype);
  const Tensor places = (cast(random_uniform(random_key(3), {kMany}) * 999'999.0, DType::kInt64)).eval();
  const Tensor pairs = reshape(places, {-1, 1}).eval();
  const auto scatter = [&](const std::string& reduction) {
    return one([reduction](const auto& a) { return scatter_update(a[0], a[1], a[2], reduction); });
  };
  const std::map<std::string, std::pair<Work, std::vector<Tensor>>> all{
      {"sort", {one([](const auto& a) { return sort(a[0]); }), {x}}},
      {"sort_rows", {one([](const auto& a) { return sort(a[0]); }), {rows}}},
      {"argsort", {one([](const auto& a) { return argsort(a[0]); }), {x}}},
      {"cumsum", {one([](const auto& a) { return cumsum(a[0]); }), {x}}},
      {"take", {one([](const auto& a) { return take(a[0], a[1]); }), {x, places}}},
      {"scatter_add", {scatter("add"), {x, pairs, x}}},
      {"scatter_max", {scatter("max"), {x, pairs, x}}}};
  const auto& [work, arguments] = all.at(words[0]);
  return Json::object({{"ms", 1e3 * time_of(work, arguments)}});
}

Tensor normalised(const Tensor& x, int64_t filters, int64_t size, int64_t stride) {
  const Conv2DOptions options{.strides = Size2(stride), .padding = "same", .use_bias = false};
  return BatchNormalization()(Conv2D(filters, Size2(size), options)(x));
}

/// Three stages of `blocks` residual blocks on images of 32x32, of `width`, twice and four times as many
/// filters.
Model residual_network(int64_t blocks, int64_t width) {
  const Tensor image = Input({32, 32, 3});
  Tensor x = relu(normalised(image, width, 3, 1));
  for (int64_t stage = 0; stage < 3; ++stage) {
    for (int64_t block = 0; block < blocks; ++block) {
      const int64_t filters = width << stage, stride = stage > 0 && block == 0 ? 2 : 1;
      const Tensor inner = relu(normalised(x, filters, 3, stride));
      const Tensor skip = stride > 1 ? normalised(x, filters, 1, stride) : x;
      x = relu(normalised(inner, filters, 3, 1) + skip);
    }
  }
  const Tensor scores = Dense(10, {.activation = "softmax"})(GlobalAveragePooling2D()(x));
  return Model({image}, {scores}, {.seed = 1});
}

size_t count(const std::string& text, const std::string& word) {
  size_t found = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

Json residual(const Words& words) {
  const int64_t batch = std::stoll(words.at(1));
  Model model = residual_network(std::stoll(words.at(0)), 16);
  model.compile({.optimizer = SGD(0.01, {.momentum = 0.9}), .loss = "sparse_categorical_crossentropy"});
  const Tensor x = numbers(1, {batch, 32, 32, 3});
  const Tensor y = Tensor::from(std::vector<int32_t>(static_cast<size_t>(batch), 3), {batch});
  const double seconds = best_seconds(9, 1, [&] { model.train_on_batch(x, y); });
  return Json::object({{"step_ms", 1e3 * seconds},
                       {"reorders", static_cast<double>(count(model.train_graph(x, y), " = reorder("))}});
}

Json predict(const Words&) {
  Model model = residual_network(3, 160);
  const Tensor x = numbers(1, {1, 32, 32, 3});
  const double seconds = best_seconds(9, 3, [&] { model.predict_on_batch(x).eval(); });
  return Json::object({{"call_ms", 1e3 * seconds},
                       {"params", static_cast<double>(model.count_params())},
                       {"peak_mb", static_cast<double>(peak_memory_bytes()) / (1 << 20)}});
}

Json signatures(const Words& words) {
  Model model = residual_network(3, 16);
  const auto ask = [&](int64_t batch) { model.predict_on_batch(numbers(1, {batch, 32, 32, 3})).eval(); };
  const int64_t most = std::stoll(words.at(0));
  ask(most);  // the largest first: working memory is that of the largest, and is not what is asked for
  const auto before = static_cast<double>(resident_memory_bytes());
  for (int64_t batch = 1; batch < most; ++batch) ask(batch);
  return Json::object({{"mb", (static_cast<double>(resident_memory_bytes()) - before) / (1 << 20)}});
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, Json (*)(const Words&)> kinds{
      {"product", product}, {"conv", conv},         {"plan", plan},       {"loop", loop},
      {"array", array},     {"residual", residual}, {"predict", predict}, {"signatures", signatures}};
  try {
    std::puts(kinds.at(argc > 1 ? argv[1] : "")({argv + 2, argv + argc}).dump().c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lamina_engine: %s; the opening comment of bench/engine.cpp says what it takes\n",
                 error.what());
    return 1;
  }
}
