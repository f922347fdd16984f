// Lesson 1: what came before deep learning. Words are counted by hand, and a random forest learns the counts.
//
// usage: example_01_yardstick TRAIN.tsv     (columns text and label)
// On 4,991 reviews, a fifth held out, the forest is right about 0.79 of the time, in a second. Writes
// trees.svg: why it has a hundred trees. Without a table, it learns to tell two made-up sentences.
//
// CI: DATA/imdb_reviews/train.tsv.gz
#include <lamina/lamina.h>

#include <cstdio>
#include <cstdlib>

using namespace lamina;

int main(int argc, char** argv) {
  LabelledData reviews;
  if (argc > 1) {
    DataOptions options;
    options.needs.samples = SampleKind::kTexts;
    options.needs.target = TargetKind::kClassNumbers;
    reviews = load_data(argv[1], options);
  } else {
    std::vector<int32_t> labels;
    for (int i = 0; i < 200; ++i) {
      reviews.texts.push_back(i % 2 ? "a moving and wise film" : "a dull and tiresome film");
      labels.push_back(i % 2);
    }
    reviews.y = Tensor::from(labels);
  }

  CountVectorizer vectorizer({.max_features = 500});
  const Tensor x = vectorizer.fit_transform(reviews.texts).to_dense();
  const classic::TrainTestSplit split = classic::train_test_split(x, reviews.y, {.test_size = 0.2});

  classic::RandomForestClassifier forest({.n_estimators = 100});
  forest.fit(split.x_train, split.y_train);
  const double accuracy = forest.score(split.x_test, split.y_test);
  std::printf("Accuracy: %.4f\n", accuracy);
  std::printf("%s\n", classic::classification_report(split.y_test, forest.predict(split.x_test)).c_str());

  Plot plot{.heading = "A tree, and a forest",
            .note = "samples held out",
            .x_label = "trees",
            .y_label = "accuracy",
            .curves = {{"", {}, {}, Look::kMarked}},
            .whole_x = true};
  for (const int trees : {1, 2, 5, 10, 20, 50, 100}) {
    classic::RandomForestClassifier some({.n_estimators = trees});
    some.fit(split.x_train, split.y_train);
    plot.curves[0].x.push_back(trees);
    plot.curves[0].y.push_back(some.score(split.x_test, split.y_test));
  }
  write_file("trees.svg", plot_svg(plot));
  return accuracy > 0.7 ? EXIT_SUCCESS : EXIT_FAILURE;
}
