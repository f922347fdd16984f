// VGG-16 and VGG-19: stacks of 3×3 convolutions (Simonyan and Zisserman, 2014, arXiv 1409.1556).
#include "lamina/zoo/applications/detail/frame.h"

namespace lamina {
namespace {

using namespace detail;

constexpr const char* kVggPaper = "arXiv 1409.1556";

/// @param deep  convolutions in each of the three last blocks
Model vgg(const ApplicationOptions& options, const std::string& name, int deep) {
  const Frame frame(options, name, {.side = 224, .least = 32});
  Tensor x = frame.input();
  const int64_t filters[] = {64, 128, 256, 512, 512};
  for (int i = 0; i < 5; ++i) {
    const std::string block = "block" + std::to_string(i + 1);
    for (int j = 0; j < (i < 2 ? 2 : deep); ++j)
      x = Conv2D(
          filters[i], {3, 3},
          {.padding = "same", .activation = "relu", .name = block + "_conv" + std::to_string(j + 1)})(x);
    x = MaxPooling2D({2, 2}, {.strides = {2, 2}, .name = block + "_pool"})(x);
  }
  if (!options.include_top) return frame.finish(frame.pool(x, "", ""));
  x = Flatten({.name = "flatten"})(x);
  x = Dense(4096, {.activation = "relu", .name = "fc1"})(x);
  x = Dense(4096, {.activation = "relu", .name = "fc2"})(x);
  return frame.finish(
      Dense(options.classes, {.activation = options.classifier_activation, .name = "predictions"})(x));
}

const bool vgg_known =
    register_application({"VGG16", kVggPaper, 224, Preprocessing::kCaffe,
                          [](const ApplicationOptions& options) { return vgg(options, "vgg16", 3); }}) &&
    register_application({"VGG19", kVggPaper, 224, Preprocessing::kCaffe,
                          [](const ApplicationOptions& options) { return vgg(options, "vgg19", 4); }});

}  // namespace
}  // namespace lamina
