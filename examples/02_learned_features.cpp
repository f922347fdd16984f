// Lesson 2: features that are learned instead of counted. A forest over counted words, the tutorial's LSTM,
// and a smaller LSTM that over-fits less read the same reviews, once few of them and once all.
//
// usage: example_02_learned_features TRAIN.tsv TEST.tsv      (columns text and label)
// On 4,991 film reviews the small LSTM ends above the forest; on 500 of them the forest wins. Without tables,
// made-up reviews are learned, whose mood depends on the order of two words: counting them cannot tell it.
// Writes readers.svg: the accuracies over the number of reviews.
//
// CI: DATA/imdb_reviews/train.tsv.gz DATA/imdb_reviews/test.tsv.gz
#include <lamina/lamina.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

using namespace lamina;

namespace {

struct Reviews {
  std::vector<std::string> texts;
  Tensor y;
  std::vector<std::string> class_names;
};

Reviews read(const char* file, const std::vector<std::string>& class_names, int64_t most) {
  DataOptions options;
  options.needs.samples = SampleKind::kTexts;
  options.needs.target = TargetKind::kClassNumbers;
  options.needs.learned_from = class_names.empty();
  options.needs.known.class_names = class_names;
  const LabelledData data = load_data(file, options);
  // Evenly from the whole table, which may be sorted.
  Reviews part{{}, {}, data.class_names};
  std::vector<int32_t> labels;
  const std::vector<int32_t> all = cast(data.y, DType::kInt32).to_vector<int32_t>();
  const int64_t count = std::min(most, data.samples());
  for (int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i * data.samples() / count);
    part.texts.push_back(data.texts[at]);
    labels.push_back(all[at]);
  }
  part.y = Tensor::from(labels);
  return part;
}

Reviews made_up(int64_t count) {
  const char* moods[2] = {"the plot is dull but the actors are great",
                          "the plot is great but the actors are dull"};
  Reviews reviews{{}, {}, {"negative", "positive"}};
  std::vector<int32_t> labels;
  for (int64_t i = 0; i < count; ++i) {
    reviews.texts.push_back(std::string(i % 3 ? "well " : "so ") + moods[i % 2]);
    labels.push_back(static_cast<int32_t>(i % 2));
  }
  reviews.y = Tensor::from(labels);
  return reviews;
}

Reviews first(const Reviews& all, int64_t count) {
  count = std::min(count, static_cast<int64_t>(all.texts.size()));
  return {{all.texts.begin(), all.texts.begin() + count}, slice(all.y, {0}, {count}), all.class_names};
}

double forest(const Reviews& train, const Reviews& test) {
  CountVectorizer vectorizer({.max_features = 500});
  classic::RandomForestClassifier forest({.n_estimators = 100});
  forest.fit(vectorizer.fit_transform(train.texts).to_dense(), train.y);
  return forest.score(vectorizer.transform(test.texts).to_dense(), test.y);
}

double network(const Reviews& train, const Reviews& test, int64_t words, const std::vector<AnyLayer>& layers,
               int epochs) {
  Tokenizer tokenizer({.num_words = 10000});
  tokenizer.fit_on_texts(train.texts);
  const auto numbers = [&](const Reviews& reviews) {
    return pad_sequences(tokenizer.texts_to_sequences(reviews.texts), {.maxlen = words});
  };
  std::vector<AnyLayer> all = {Input({words}, {.dtype = DType::kInt32})};
  all.insert(all.end(), layers.begin(), layers.end());
  all.emplace_back(Dense(1, {.activation = "sigmoid"}));
  Sequential model(all, {.seed = 1});
  model.compile({.optimizer = "adam", .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  model.fit(numbers(train), train.y, {.epochs = epochs, .batch_size = 32, .verbose = 0});
  return model.evaluate(numbers(test), test.y, {.verbose = 0}).at("accuracy");
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = std::getenv("LAMINA_EXAMPLE_QUICK");
  const int64_t most = quick ? 800 : 1'000'000, few = quick ? 200 : 500;
  const Reviews train = argc > 2 ? read(argv[1], {}, most) : made_up(400);
  const Reviews test = argc > 2 ? read(argv[2], train.class_names, most) : made_up(100);
  const int64_t scale = quick ? 4 : 1;

  std::printf("accuracy on %zu reviews after learning from\n%-40s %9s %9s %9s\n", test.texts.size(), "",
              (std::to_string(first(train, few).texts.size())).c_str(),
              std::to_string(train.texts.size()).c_str(), "seconds");
  double best = 0;
  Plot plot{.heading = "Who reads better",
            .note = "",
            .x_label = "reviews learned",
            .y_label = "accuracy",
            .whole_x = true};
  const auto row = [&](const char* name, auto learn) {
    const double small = learn(first(train, few));
    const auto begin = std::chrono::steady_clock::now();
    const double accuracy = learn(train);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("%-40s %9.3f %9.3f %9.1f\n", name, small, accuracy, took.count());
    std::fflush(stdout);
    best = std::max(best, accuracy);
    const auto count = [&](const Reviews& of) { return static_cast<double>(of.texts.size()); };
    plot.curves.push_back({name, {count(first(train, few)), count(train)}, {small, accuracy}, Look::kMarked});
  };
  row("forest of 100 trees, 500 counted words", [&](const Reviews& some) { return forest(some, test); });
  row("Embedding(10000, 128), LSTM(128)", [&](const Reviews& some) {
    return network(some, test, 200 / scale, {Embedding(10000, 128), LSTM(128)}, quick ? 1 : 5);
  });
  row("Embedding(10000, 32), LSTM(32), dropout", [&](const Reviews& some) {
    return network(some, test, 400 / scale,
                   {Embedding(10000, 32, {.mask_zero = true}), Dropout(0.5), LSTM(32, {.dropout = 0.5})},
                   quick ? 2 : 8);
  });
  write_file("readers.svg", plot_svg(plot));
  return best > 0.6 ? EXIT_SUCCESS : EXIT_FAILURE;
}
