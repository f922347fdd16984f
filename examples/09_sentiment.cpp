// Lesson 9: two LSTMs tell the mood of texts, and say what they think of one of yours.
//
// usage: example_09_sentiment TRAIN.tsv TEST.tsv "what a wonderful flight"     (columns text and label)
// On 11,520 tweets about airlines, three moods, five epochs: about 0.79 on the test part. Without tables, a
// few hundred made-up sentences are learned. Writes moods.svg: precision and recall of each mood.
//
// CI: DATA/airline_tweets/train.tsv DATA/airline_tweets/test.tsv
#include <lamina/lamina.h>

#include <cstdio>
#include <cstdlib>

using namespace lamina;

namespace {

// Sentences of two moods, told by one word each.
LabelledData made_up() {
  const char* telling[2][3] = {{"awful", "late", "lost"}, {"great", "kind", "wonderful"}};
  const char* plain[] = {"the", "flight", "was", "and", "my", "bag", "crew", "it"};
  LabelledData data;
  std::vector<int32_t> labels;
  uint32_t state = 1;
  for (int i = 0; i < 400; ++i) {
    std::string text;
    for (int word = 0; word < 6; ++word) {
      state = state * 1664525u + 1013904223u;
      text += word == 3 ? telling[i % 2][(state >> 24) % 3] : plain[(state >> 24) % 8];
      text += ' ';
    }
    data.texts.push_back(text);
    labels.push_back(i % 2);
  }
  data.y = Tensor::from(labels);
  data.class_names = {"negative", "positive"};
  return data;
}

}  // namespace

int main(int argc, char** argv) {
  DataOptions options;
  options.needs.samples = SampleKind::kTexts;
  options.needs.target = TargetKind::kClassNumbers;
  options.needs.learned_from = true;
  const bool quick = argc > 1 && std::getenv("LAMINA_EXAMPLE_QUICK");
  LabelledData train = argc > 1 ? load_data(argv[1], options) : made_up();
  if (quick) {
    train.texts.resize(2000);
    train.y = slice(train.y, {0}, {2000}).eval();
  }
  options.needs.known.class_names = train.class_names;
  const LabelledData test = argc > 2 ? load_data(argv[2], options) : made_up();
  const auto classes = static_cast<int64_t>(train.class_names.size());

  Tokenizer tokenizer({.num_words = 10000});
  tokenizer.fit_on_texts(train.texts);
  const auto numbers = [&](const std::vector<std::string>& texts) {
    return pad_sequences(tokenizer.texts_to_sequences(texts), {.maxlen = 40});
  };

  Sequential model(
      {Input({40}, {.dtype = DType::kInt32}), Embedding(10000, 64), LSTM(64, {.return_sequences = true}),
       LSTM(32), Dense(classes, {.activation = "softmax"})},
      {.seed = 1});
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.summary();
  model.fit(numbers(train.texts), train.y, {.epochs = quick ? 2 : 5, .batch_size = 32, .verbose = 2});
  const double accuracy = model.evaluate(numbers(test.texts), test.y, {.verbose = 0}).at("accuracy");
  std::printf("test accuracy %.4f\n", accuracy);

  const Classification said_of_all =
      classify(model.predict(numbers(test.texts)), test.y, OutputKind::kClasses);
  write_file("moods.svg", plot_svg(classification_plots(said_of_all, train.class_names)[1]));

  const std::string text = argc > 3 ? argv[3] : "what a wonderful flight";
  const std::vector<float> said = model.predict(numbers({text})).to_vector<float>();
  std::printf("\"%s\":", text.c_str());
  for (size_t i = 0; i < said.size(); ++i)
    std::printf(" %s %.1f%%", train.class_names[i].c_str(), said[i] * 100);
  std::printf("\n");
  return accuracy > 1.2 / static_cast<double>(classes) ? EXIT_SUCCESS : EXIT_FAILURE;
}
