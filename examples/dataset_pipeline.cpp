// Batches from a pipeline: samples that a generator draws one by one, noise that is new in each epoch,
// sequences of different lengths in batches of similar ones.
//
// Each sequence is a slow or a fast sine wave of random length and phase; the network sees how often it
// crosses zero and how far it moves. Expected output: the pipeline, one line per epoch, and an accuracy near
// 1 on waves that it was not trained on.
#include <lamina/lamina.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace lamina;

namespace {

// An endless supply of waves, x of shape (length,), y the class.
Dataset waves(int64_t seed) {
  const auto draw = [](Element number) {
    const Tensor key = random_key(number.x[0].item<int64_t>());
    const std::vector<float> random = random_uniform(key, {3}).to_vector<float>();
    const bool fast = random[0] > 0.5f;
    std::vector<float> wave(static_cast<size_t>(20 + 60 * random[1]));
    for (size_t t = 0; t < wave.size(); ++t) {
      wave[t] = std::sin((fast ? 0.9f : 0.3f) * static_cast<float>(t) + 6.28f * random[2]);
    }
    const auto length = static_cast<int64_t>(wave.size());
    return Element{.x = Tensor::from(wave, {length}), .y = Tensor(fast ? 1.0f : 0.0f)};
  };
  return Dataset::random({.seed = static_cast<uint64_t>(seed)}).map(draw, {.num_parallel_calls = 2});
}

// Noise from random numbers that come as data: the same for every number of threads.
Dataset noisy(const Dataset& samples) {
  const auto add_noise = [](std::vector<Element> parts) {
    const Tensor& wave = parts[0].x[0];
    const Tensor key = random_key(parts[1].x[0].item<int64_t>());
    return Element{.x = wave + 0.2f * random_normal(key, wave.shape()), .y = parts[0].y};
  };
  return Dataset::zip({samples, Dataset::random({.rerandomize_each_iteration = true})}, add_noise);
}

// What the network sees of a batch of waves (n, length), padded with zeros: (n, 2).
Element features(Element batch) {
  const Tensor& wave = batch.x[0];
  const int64_t length = wave.shape()[1];
  const Tensor now = index(wave, {ellipsis, Slice{0, length - 1}}), next = index(wave, {ellipsis, Slice{1}});
  const Tensor crossings = mean(cast(less(now * next, 0.0f), DType::kFloat32), {-1});
  const Tensor steps = mean(abs(next - now), {-1});
  return {.x = stack({crossings, steps}, 1), .y = reshape(batch.y[0], {-1, 1})};
}

}  // namespace

int main() {
  const bool quick = std::getenv("LAMINA_EXAMPLE_QUICK");
  const int64_t count = quick ? 400 : 4000;

  const auto length = [](const Element& e) { return e.x[0].shape()[0]; };
  const BucketOptions buckets = {.bucket_boundaries = {40, 60}, .bucket_batch_sizes = {32, 32, 32}};
  const auto batches = [&](const Dataset& samples) {
    return noisy(samples).shuffle(count).bucket_by_sequence_length(length, buckets).map(features).prefetch(2);
  };
  Dataset train = batches(waves(1).take(count).cache());
  Dataset test = batches(waves(2).take(500));
  std::printf("%s\n", train.str().c_str());

  Sequential model({Input({2}), Dense(16, {.activation = "tanh"}), Dense(1, {.activation = "sigmoid"})},
                   {.seed = 1});
  model.compile(
      {.optimizer = Adam({.learning_rate = 0.02}), .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  model.fit(train, {.epochs = quick ? 8 : 10, .verbose = 2});
  const Logs result = model.evaluate(test, {.verbose = 0});
  std::printf("accuracy on fresh waves: %.3f\n", result.at("accuracy"));
  return result.at("accuracy") > 0.9 ? EXIT_SUCCESS : EXIT_FAILURE;
}
