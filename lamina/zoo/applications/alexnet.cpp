// AlexNet (Krizhevsky, Sutskever and Hinton, 2012) in the form for one device (Krizhevsky, 2014, arXiv
// 1404.5997), which others mean by the name today: no groups, no normalisation over channels.
#include "lamina/zoo/applications/detail/frame.h"

namespace lamina {
namespace {

using namespace detail;

Tensor alexnet_convolution(const Tensor& x, int64_t filters, int64_t size, int number) {
  return Conv2D(filters, {size, size},
                {.padding = "same", .activation = "relu", .name = "conv" + std::to_string(number)})(x);
}

Model alexnet(const ApplicationOptions& options) {
  // Pictures of 32 pixels would be gone after the first steps: below 128 the first convolution takes 5×5
  // places in turn, and fewer poolings follow.
  const Frame frame(options, "alexnet", {.side = 224, .least = 32});
  const Shape shape = frame.input().shape();
  const bool small = shape[1] != -1 && shape[2] != -1 && shape[1] < 128 && shape[2] < 128;
  Tensor x = frame.input();
  if (small) {
    x = alexnet_convolution(x, 64, 5, 1);
  } else {
    x = ZeroPadding2D(2, {.name = "conv1_pad"})(x);
    x = Conv2D(64, {11, 11}, {.strides = {4, 4}, .activation = "relu", .name = "conv1"})(x);
  }
  x = MaxPooling2D({3, 3}, {.strides = {2, 2}, .name = "pool1"})(x);
  x = alexnet_convolution(x, 192, 5, 2);
  x = MaxPooling2D({3, 3}, {.strides = {2, 2}, .name = "pool2"})(x);
  x = alexnet_convolution(x, 384, 3, 3);
  x = alexnet_convolution(x, 256, 3, 4);
  x = alexnet_convolution(x, 256, 3, 5);
  x = MaxPooling2D({3, 3}, {.strides = {2, 2}, .name = "pool5"})(x);
  if (!options.include_top) return frame.finish(frame.pool(x, "avg_pool", "max_pool"));
  const int64_t units = small ? 1024 : 4096;
  x = Dropout(0.5, {.name = "drop6"})(Flatten({.name = "flatten"})(x));
  x = Dense(units, {.activation = "relu", .name = "fc6"})(x);
  x = Dropout(0.5, {.name = "drop7"})(x);
  x = Dense(units, {.activation = "relu", .name = "fc7"})(x);
  return frame.finish(
      Dense(options.classes, {.activation = options.classifier_activation, .name = "predictions"})(x));
}

const bool alexnet_known =
    register_application({"AlexNet", "arXiv 1404.5997", 224, Preprocessing::kTorch, alexnet});

}  // namespace
}  // namespace lamina
