// Lesson 10: what the first layers see. A network of two convolutions learns photographs; then its filters
// are drawn, and what they make of one of them: edges first, textures and shapes behind.
//
// usage: example_10d_first_layers [FOLDER]     a folder of class folders or a .tar.gz of one, colours at
// 32x32 pixels;
// without: Fashion-MNIST
// Writes filters.png (of the first layer) and feature_maps.png (the photograph, then the maps of both
// layers).
//
// CI: DATA/cifar10_subset/test.tar.gz
#include <lamina/lamina.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

using namespace lamina;

int main(int argc, char** argv) {
  const bool quick = std::getenv("LAMINA_EXAMPLE_QUICK");
  DataOptions options;
  options.needs.target = TargetKind::kClassNumbers;
  if (argc > 1) options.needs.inputs = {{"", {-1, 32, 32, 3}}};
  const LabelledData data = load_data(argc > 1 ? argv[1] : "fashion-mnist:train", options);
  const int64_t side = data.x.shape()[1], channels = data.x.shape()[3];

  Sequential model(
      {Input({side, side, channels}), Rescaling(1.0 / 127.5, {.offset = -1}),
       Conv2D(16, {5, 5}, {.activation = "relu", .name = "edges"}), MaxPooling2D({2, 2}),
       Conv2D(32, {3, 3}, {.activation = "relu", .name = "textures"}), MaxPooling2D({2, 2}), Flatten(),
       Dropout(0.3), Dense(64, {.activation = "relu"}), Dense(10, {.activation = "softmax"})},
      {.seed = 1});
  model.compile({.optimizer = Adam(), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  const int64_t count = quick ? 1000 : 10000;
  const Tensor x =
      index(data.x, {Slice{0, Slice::kNone, std::max<int64_t>(1, data.x.shape()[0] / count)}}).eval();
  const Tensor y =
      index(data.y, {Slice{0, Slice::kNone, std::max<int64_t>(1, data.x.shape()[0] / count)}}).eval();
  const History history = model.fit(x, y, {.epochs = quick ? 3 : 15, .batch_size = 64, .verbose = 2});

  write_file("filters.png",
             encode_png(filter_grid(model.layer("edges").weights()[0]->value, {.columns = 8, .scale = 8})));
  const Tensor one = index(x, {Slice{0, 1}}).eval();
  std::vector<Picture> rows = {picture_grid({picture_of(one, 0)}, {.scale = 4})};
  for (const char* name : {"edges", "textures"}) {
    Model until({model.input()}, {model.layer(name).output()});
    const Tensor maps = until.predict(one);
    std::printf("%s: %lld maps of %lldx%lld\n", name, static_cast<long long>(maps.shape()[3]),
                static_cast<long long>(maps.shape()[1]), static_cast<long long>(maps.shape()[2]));
    rows.push_back(feature_grid(reshape(maps, {maps.shape()[1], maps.shape()[2], maps.shape()[3]}).eval(),
                                {.columns = 8, .scale = 2}));
  }
  write_file("feature_maps.png", encode_png(picture_grid(rows, {.columns = 1, .gap = 6})));
  std::printf("accuracy on what it learned: %.3f\n", history["accuracy"].back());
  return history["accuracy"].back() > 0.2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
