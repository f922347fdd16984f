// Times what generating text is made of and prints one JSON line, for bench/figures:
//   lamina_inference read MB                                 "gb_s" of adding up so many megabytes
//   lamina_inference linear M N K [columns]                  "gb_s" of the weights: M rows by matrices (N,
//   K), or (K, N)
//   lamina_inference attention BATCH QUERIES KEYS [bias|causal|train]
//                                                            "us" of one of twelve, 8 heads of 64; bias: one
//                                                            for all of the batch; train: with all gradients
//   lamina_inference t5 FOLDER                               writes a T5-small with drawn weights
//   lamina_inference generate FOLDER BATCH [int8|int4|bfloat16]
//                                                            "tokens_s" of 64 tokens each after 32, "load_s"
// Matrices of 128 MB in turn, as the layers of a network lie in memory. Best of several runs, with all
// threads. bench/inference_peer.py does the same with PyTorch,
// and bench/generate_peer.py generates with CTranslate2.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <span>
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

/// A matrix as `how` wants it: what a product reads of it, and the product.
struct Weights {
  std::vector<Tensor> tensors;
  Tensor (*product)(const Tensor& x, std::span<const Tensor> weights);
};

Weights weights_of(int64_t seed, int64_t n, int64_t k, const Words& how) {
  const Tensor w = numbers(seed, {n, k});
  if (how.empty())
    return {{w}, [](const Tensor& x, std::span<const Tensor> w) { return matmul(x, w[0], false, true); }};
  if (how[0] == "columns")
    return {{transpose(w).eval()},
            [](const Tensor& x, std::span<const Tensor> w) { return matmul(x, w[0]); }};
  if (how[0] == "bfloat16")
    return {{cast(w, DType::kBFloat16).eval()},
            [](const Tensor& x, std::span<const Tensor> w) { return bfloat16_matmul(x, w[0]); }};
  const QuantizedWeights q = quantize_weights(w, std::stoi(how[0]), std::stoll(how.at(1)));
  return {{q.integers.eval(), q.scales.eval()}, [](const Tensor& x, std::span<const Tensor> w) {
            return quantized_matmul(x, {w[0], w[1]});
          }};
}

Json linear(const Words& words) {
  const int64_t m = std::stoll(words.at(0)), n = std::stoll(words.at(1)), k = std::stoll(words.at(2));
  const Words how(words.begin() + 3, words.end());
  const Weights one = weights_of(0, n, k, how);
  int64_t bytes = 0;
  for (const Tensor& tensor : one.tensors) bytes += static_cast<int64_t>(tensor.type().bytes());
  const int64_t count = std::max<int64_t>(1, kBytes / bytes);
  std::vector<Tensor> all{numbers(1, {m, k})};
  for (int64_t i = 0; i < count; ++i) {
    const Weights next = weights_of(i, n, k, how);
    all.insert(all.end(), next.tensors.begin(), next.tensors.end());
  }
  const Function f = compile([&](const std::vector<Tensor>& x) {
    std::vector<Tensor> results;
    const size_t each = one.tensors.size();
    for (size_t i = 1; i < x.size(); i += each)
      results.push_back(one.product(x[0], std::span(x).subspan(i, each)));
    return results;
  });
  const double seconds = best_seconds([&] { f(all); });
  return Json::object({{"gb_s", 1e-9 * static_cast<double>(bytes * count) / seconds},
                       {"us", 1e6 * seconds / static_cast<double>(count)}});
}

constexpr int64_t kHeads = 8, kWidth = 64, kLayers = 12;

Json attention(const Words& words) {
  const int64_t batch = std::stoll(words.at(0)), queries = std::stoll(words.at(1)),
                keys = std::stoll(words.at(2));
  const std::string how = words.size() > 3 ? words[3] : "";
  const Shape q{batch, queries, kHeads, kWidth}, kv{batch, keys, kHeads, kWidth};
  std::vector<Tensor> all{numbers(0, q), numbers(1, {1, kHeads, queries, keys})};
  for (int64_t i = 0; i < 2 * kLayers; ++i) all.push_back(numbers(i + 2, kv));
  const auto layers = [&](const std::vector<Tensor>& x) {
    Tensor y = x[0];
    AttentionOptions options{.is_causal = how == "causal"};
    if (how == "bias" || how == "train") options.bias = x[1];
    for (size_t i = 2; i < x.size(); i += 2) y = dot_product_attention(y, x[i], x[i + 1], options);
    return y;
  };
  const Function f = compile([&](const std::vector<Tensor>& x) {
    return how == "train" ? gradients(sum(layers(x)), x) : std::vector{layers(x)};
  });
  return Json::object({{"us", 1e6 / kLayers * best_seconds([&] { f(all); })}});
}

// ---- Whole models

Json t5(const Words& words) {
  const Json config = Json::object({{"model_type", "t5"},
                                    {"architectures", Json::list({"T5ForConditionalGeneration"})},
                                    {"vocab_size", 32128},
                                    {"d_model", 512},
                                    {"d_kv", 64},
                                    {"d_ff", 2048},
                                    {"num_layers", 6},
                                    {"num_heads", 8},
                                    {"decoder_start_token_id", 0},
                                    {"pad_token_id", 0},
                                    {"eos_token_id", 1}});
  AutoModel::from_config(config)->save_pretrained(words.at(0));
  return Json::object({{"folder", words[0]}});
}

constexpr int64_t kSource = 32, kNew = 64;

Json generate(const Words& words) {
  const auto start = std::chrono::steady_clock::now();
  const auto model =
      AutoModel::from_pretrained(words.at(0), {.quantize = words.size() > 2 ? words[2] : std::string()});
  const std::chrono::duration<double> load = std::chrono::steady_clock::now() - start;
  std::vector<std::vector<int32_t>> prompts;
  for (int64_t row = 0; row < std::stoll(words.at(1)); ++row) {
    std::vector<int32_t>& prompt = prompts.emplace_back();
    for (int64_t i = 0; i < kSource; ++i)
      prompt.push_back(static_cast<int32_t>(3 + (row * 7919 + i * 104729) % 32000));
  }
  const GenerateOptions options{.max_new_tokens = kNew, .min_new_tokens = kNew};
  const double seconds = best_seconds([&] { model->generate(prompts, options); });
  return Json::object(
      {{"tokens_s", static_cast<double>(kNew) * static_cast<double>(prompts.size()) / seconds},
       {"load_s", load.count()}});
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, Json (*)(const Words&)> kinds{
      {"read", read}, {"linear", linear}, {"attention", attention}, {"t5", t5}, {"generate", generate}};
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
