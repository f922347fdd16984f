// A model that is a graph: two inputs, two outputs, an LSTM whose state is used, padding that is skipped.
//
// The sentences are drawn by this program: words 1 to 20 are kind, 21 to 40 unkind, the others say nothing,
// and 0 fills up. The model reads them together with a number, the mood of the reader, and tells whether
// there are more kind words than unkind ones, and how the reader will like it: the balance of the words plus
// the mood. Expected output: the summary, one line per epoch, losses and accuracy on sentences that it was
// not trained on, and "the loaded model predicts the same".
#include <lamina/lamina.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace lamina;

namespace {

constexpr int64_t kWords = 60;
constexpr int64_t kLength = 12;

Model make_model() {
  const Tensor words = Input({kLength}, {.dtype = DType::kInt32, .name = "words"});
  const Tensor mood = Input({1}, {.name = "mood"});

  const Tensor x = Embedding(kWords, 16, {.mask_zero = true})(words);
  const auto [sequence, h, c] = LSTM(16, {.return_sequences = true, .return_state = true}).call_with_state(x);
  const Tensor summary = GlobalAveragePooling1D()(sequence) + 0.5f * h;

  const Tensor kind = Dense(1, {.activation = "sigmoid", .name = "kind"})(summary);
  const Tensor liking = Dense(1, {.name = "liking"})(Concatenate()({summary, mood}));
  return Model({words, mood}, {kind, liking}, {.seed = 1});
}

// x: words and mood; y: kind and liking.
Batch sentences(int64_t count, int64_t seed) {
  const Tensor key = random_key(seed);
  const Tensor length = floor(random_uniform(key, {count, 1}, 0) * 8.0 + 5.0);
  const Tensor drawn = floor(random_uniform(key, {count, kLength}, 1) * double(kWords - 1)) + 1.0;
  const Tensor words = where(cast(arange(kLength), DType::kFloat32) < length, drawn, 0.0f);
  const Tensor mood = random_normal(key, {count, 1}, 2);

  const Tensor good = cast(words > 0.0 && words <= 20.0, DType::kFloat32);
  const Tensor bad = cast(words > 20.0 && words <= 40.0, DType::kFloat32);
  const Tensor balance = sum(good - bad, {1}, true);
  const Tensor kind = cast(balance > 0.0, DType::kFloat32);
  const Tensor liking = balance / length + 0.5 * mood;
  return {.x = {{"words", cast(words, DType::kInt32).eval()}, {"mood", mood.eval()}},
          .y = {{"kind", kind.eval()}, {"liking", liking.eval()}}};
}

}  // namespace

int main() {
  const bool quick = std::getenv("LAMINA_EXAMPLE_QUICK");
  const Batch train = sentences(quick ? 3000 : 10000, 1), test = sentences(1000, 2);

  Model model = make_model();
  model.compile({.optimizer = Adam(0.01),
                 .loss = {{"kind", "binary_crossentropy"}, {"liking", "mse"}},
                 .metrics = {{"kind", {"accuracy"}}}});
  model.summary();
  model.fit(train.x, train.y, {.epochs = quick ? 5 : 10, .verbose = 2});

  const Logs logs = model.evaluate(test.x, test.y, {.verbose = 0});
  std::printf("fresh sentences: kind, accuracy %.3f; liking, squared error %.4f\n", logs["kind_accuracy"],
              logs["liking_loss"]);

  model.save("functional_model.keras");
  Model loaded = load_model("functional_model.keras");
  std::remove("functional_model.keras");
  const Tensors before = model.predict_outputs(test.x), after = loaded.predict_outputs(test.x);
  bool same = true;
  for (const char* output : {"kind", "liking"})
    same = same && before[output].to_vector<float>() == after[output].to_vector<float>();
  std::printf("the loaded model predicts %s\n", same ? "the same" : "something else");

  return same && logs["kind_accuracy"] > 0.85 && logs["liking_loss"] < 0.1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
