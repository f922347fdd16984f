// Lesson 7: from a collection of photographs to a deployed network: look at the files, split them, take noise
// away, learn, look at the mistakes, save, and ask the saved file about new pictures.
//
// usage: example_07_photos FOLDER     a folder of class folders, or a .tar.gz of one
// Without a folder, pictures of three coloured shapes are drawn first. Writes photos/ with the split,
// pictures, ROC curves, and the network.
//
// CI: DATA/chest_xray/test
#include <lamina/lamina.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>

using namespace lamina;
namespace fs = std::filesystem;

namespace {

// A collection of 180 noisy pictures: red bars, green squares, blue frames.
std::string drawn_collection() {
  std::mt19937 random(1);
  const char* names[] = {"bars", "squares", "frames"};
  for (int i = 0; i < 180; ++i) {
    Picture picture{32, 32, 3, std::vector<uint8_t>(32 * 32 * 3)};
    const int kind = i % 3, at = static_cast<int>(random() % 12), size = 8 + static_cast<int>(random() % 8);
    for (int y = 0; y < 32; ++y) {
      for (int x = 0; x < 32; ++x) {
        const bool inside = x >= at && x < at + size && (kind == 0 || (y >= at && y < at + size));
        const bool core = x >= at + 2 && x < at + size - 2 && y >= at + 2 && y < at + size - 2;
        for (int c = 0; c < 3; ++c) {
          picture.pixels[static_cast<size_t>((y * 32 + x) * 3 + c)] =
              static_cast<uint8_t>(random() % 90 + (inside && !(kind == 2 && core) && c == kind ? 160 : 0));
        }
      }
    }
    const std::string folder = std::string("photos/collection/") + names[kind];
    fs::create_directories(folder);
    write_file(folder + "/" + std::to_string(i) + ".png", encode_png(picture));
  }
  return "photos/collection";
}

// The first file of a class as it is, and behind each of the four filters.
Picture denoised(const std::string& file) {
  const Tensor pixels = img_to_tensor(load_img(file));
  std::vector<Picture> row;
  for (const Tensor& image :
       {pixels, image::median_blur(pixels, 3), image::gaussian_blur(pixels, {.size = 3}),
        image::bilateral_filter(pixels), image::non_local_means(pixels, {.h = 10})})
    row.push_back(picture_of(expand_dims(image, 0), 0));
  return picture_grid(row, {.columns = 5, .scale = 4});
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = std::getenv("LAMINA_EXAMPLE_QUICK");
  fs::remove_all("photos");
  const std::string folder = argc > 1 ? argv[1] : drawn_collection();

  // 1. Collect: what cannot be read, copies, classes that are too small.
  std::printf("%s\n", image::check_folder(folder).str().c_str());
  image::split_folder(folder, "photos/split", {.test_size = 0.2, .seed = 1});

  // 2. Prepare: files are decoded by all threads, a batch ahead; scaling and augmentation are layers.
  ImageDatasetOptions options{.batch_size = 64, .image_size = {32, 32}, .seed = 1};
  ImageDataset train = image_dataset_from_directory("photos/split/train", options);
  options.shuffle = false;
  ImageDataset test = image_dataset_from_directory("photos/split/test", options);
  const auto classes = static_cast<int64_t>(train.class_names.size());
  write_file("photos/denoised.png", encode_png(denoised(test.file_paths[0])));

  // 3. Learn.
  std::vector<AnyLayer> layers = {Input({32, 32, 3}), Rescaling(1.0 / 255), RandomTranslation(0.1, 0.1),
                                  RandomFlip("horizontal")};
  for (const int filters : {32, 64, 128}) {
    layers.insert(layers.end(),
                  {Conv2D(filters, {3, 3}, {.padding = "same", .use_bias = false}),
                   BatchNormalization({.momentum = 0.9}), Activation("relu"), MaxPooling2D({2, 2})});
  }
  layers.insert(layers.end(), {Flatten(), Dropout(0.5), Dense(128, {.activation = "relu"}), Dropout(0.5),
                               Dense(classes, {.activation = "softmax"})});
  Sequential model(layers, {.seed = 1});
  model.compile({.optimizer = Adam(), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  FitOptions fit{.epochs = quick ? 4 : 15, .verbose = 2};
  if (quick && argc > 1) fit.steps_per_epoch = 20;
  model.fit(train, fit);

  // 4. Evaluate: per class, which is taken for which, ROC curves, and the most confident mistakes as a
  // picture.
  DataOptions held_out;
  held_out.needs.target = TargetKind::kClassNumbers;
  held_out.needs.inputs = {{"", {-1, 32, 32, 3}}};
  const LabelledData data = load_data("photos/split/test", held_out);
  const Classification found = classify(model.predict(data.x), data.y, OutputKind::kClasses);
  const Tensor predicted = Tensor::from(std::vector<int32_t>(found.predicted.begin(), found.predicted.end()));
  std::printf("%s",
              classic::classification_report(data.y, predicted, {.target_names = train.class_names}).c_str());
  const Tensor taken = classic::confusion_matrix(data.y, predicted);
  std::printf("rows: the class of the photographs, columns: what they are taken for\n");
  for (int64_t i = 0; i < taken.shape()[0]; ++i) {
    std::printf("%-12s", train.class_names[static_cast<size_t>(i)].c_str());
    for (const int64_t count : taken[i].to_vector<int64_t>())
      std::printf("%6lld", static_cast<long long>(count));
    std::printf("\n");
  }
  const std::vector<Plot> plots = classification_plots(found, train.class_names);
  if (!plots.empty()) write_file("photos/roc.svg", plot_svg(plots[0]));
  std::vector<Picture> mistakes;
  for (const size_t i : found.worst_mistakes(20))
    mistakes.push_back(picture_of(data.x, static_cast<int64_t>(i)));
  if (!mistakes.empty()) write_file("photos/mistakes.png", encode_png(picture_grid(mistakes, {.scale = 2})));

  // 5. Deploy: one file that knows its classes, and takes pixels from 0 to 255.
  DataInfo info = model.data_info();
  info.class_names = train.class_names;
  info.scale = PixelScale::kNone;
  model.set_data_info(info);
  model.save("photos/photos.keras");
  Model deployed = load_model("photos/photos.keras");
  const std::string file = test.file_paths.back();
  const Tensor answer = deployed.predict(expand_dims(read_image_for(file, deployed.input_shape()), 0));
  const auto best = static_cast<size_t>(argmax(answer, -1).to_vector<int32_t>()[0]);
  std::printf("%s: %s, %.0f %%\n", fs::path(file).filename().c_str(),
              deployed.data_info().class_names[best].c_str(), 100 * answer.to_vector<float>()[best]);
  const double accuracy = model.evaluate(test, {.verbose = 0}).at("accuracy");
  std::printf("test accuracy %.3f\n", accuracy);
  // A few steps on a slice of real photographs say nothing yet.
  return accuracy > (quick && argc > 1 ? 0.3 : 1.3 / static_cast<double>(classes)) ? EXIT_SUCCESS
                                                                                   : EXIT_FAILURE;
}
