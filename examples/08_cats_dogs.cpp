// Lesson 8: cats and dogs at 150 by 150 pixels. The tutorial's network over-fits two thousand photographs;
// the same layers with augmentation and dropout learn what cats have in common.
//
// usage: example_08_cats_dogs FOLDER     with train/CLASS and test/CLASS
// Sixteen epochs of the second network are a beginning: `lamina train cats-dogs` gives it ninety, and reaches
// 0.80 on 500 others. Without a folder, photographs are replaced by noise with a bright half. Writes
// cats_dogs.svg: both trainings, epoch by epoch.
//
// CI: DATA/cats_dogs
#include <lamina/lamina.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

using namespace lamina;

namespace {

constexpr int64_t kSide = 150;

// Bytes, and 0 or 1. At most `most`, evenly from all.
Samples read(const std::string& folder, const char* part, int64_t most) {
  DataOptions options;
  options.split = part;
  options.needs.target = TargetKind::kYesNo;
  options.needs.classes = 2;
  options.needs.inputs = {{"", {-1, kSide, kSide, 3}}};
  const LabelledData data = load_data(folder, options);
  const int64_t step = std::max<int64_t>(1, data.samples() / most);
  return {index(data.x, {Slice{0, Slice::kNone, step}}).eval(),
          index(data.y, {Slice{0, Slice::kNone, step}}).eval()};
}

// The left half is brighter, or the right one.
Samples drawn(int64_t count, int64_t seed) {
  const Tensor y = round(random_uniform(random_key(seed), {count}, 1));
  const Tensor left = cast(less(arange(kSide), kSide / 2), DType::kFloat32);
  const Tensor bright = abs(reshape(y, {-1, 1, 1, 1}) - reshape(left, {1, 1, kSide, 1}));
  const Tensor x = random_uniform(random_key(seed), {count, kSide, kSide, 3}, 0) * 150.0 + 80.0 * bright;
  return {cast(x, DType::kUInt8).eval(), reshape(y, {-1, 1}).eval()};
}

Sequential network(bool careful) {
  std::vector<AnyLayer> layers = {Input({kSide, kSide, 3}), Rescaling(1.0 / 255)};
  if (careful)
    layers.insert(layers.end(), {RandomFlip("horizontal"), RandomTranslation(0.1, 0.1), RandomRotation(0.06),
                                 RandomZoom(0.2)});
  for (const int filters : {32, 64, 128}) {
    layers.insert(layers.end(), {Conv2D(filters, {3, 3}, {.activation = "relu"}), MaxPooling2D({2, 2})});
    if (careful) layers.emplace_back(Dropout(0.2));
  }
  layers.emplace_back(Flatten());
  if (careful) layers.emplace_back(Dropout(0.5));
  layers.insert(layers.end(), {Dense(512, {.activation = "relu"}), Dense(1, {.activation = "sigmoid"})});
  Sequential model(layers, {.seed = 1});
  model.compile(
      {.optimizer = Adam(careful ? 0.0005 : 0.001), .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  return model;
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = std::getenv("LAMINA_EXAMPLE_QUICK");
  const Samples train = argc > 1 ? read(argv[1], "train", quick ? 128 : 100000) : drawn(quick ? 96 : 512, 1);
  const Samples test = argc > 1 ? read(argv[1], "test", quick ? 40 : 100000) : drawn(40, 2);
  double best = 0;
  Plot plot{.heading = "By heart, and in general",
            .note = "",
            .x_label = "epoch",
            .y_label = "accuracy",
            .whole_x = true};
  for (const bool careful : {false, true}) {
    Sequential model = network(careful);
    if (!careful) model.summary();
    FitOptions fit{
        .epochs = careful ? 16 : 8, .batch_size = 32, .validation_data = {test.x, test.y, {}}, .verbose = 2};
    if (quick) fit = {.epochs = 1, .batch_size = 16, .validation_data = {test.x, test.y, {}}, .verbose = 2};
    const History history = model.fit(train.x, train.y, fit);
    for (const char* metric : {"accuracy", "val_accuracy"}) {
      const std::string of = metric[0] == 'v' ? ", others" : ", learned";
      plot.curves.push_back(
          {(careful ? "augmented" : "the listing") + of, {}, history[metric], Look::kMarked});
      for (size_t epoch = 1; epoch <= history[metric].size(); ++epoch)
        plot.curves.back().x.push_back(static_cast<double>(epoch));
    }
    const double learned = model.evaluate(train.x, train.y, {.verbose = 0}).at("accuracy");
    const double accuracy = model.evaluate(test.x, test.y, {.verbose = 0}).at("accuracy");
    std::printf("%s: %.3f of the photographs it learned, %.3f of others\n",
                careful ? "with augmentation and dropout" : "the listing", learned, accuracy);
    best = std::max(best, accuracy);
  }
  write_file("cats_dogs.svg", plot_svg(plot));
  // Two epochs on a slice of real photographs say nothing yet.
  return best > (argc > 1 && quick ? 0.3 : 0.6) ? EXIT_SUCCESS : EXIT_FAILURE;
}
