// The three networks of MTCNN, layer by layer, and how the published weights come into them.
#include "lamina/face/detail/mtcnn.h"

#include "lamina/base/error.h"
#include "lamina/formats/snapshot.h"
#include "lamina/formats/weight_format.h"
#include "lamina/nn/layers/layers.h"

namespace lamina::face {
namespace {

Tensor mtcnn_convolution(const Tensor& x, int64_t filters, int64_t size, const std::string& number) {
  return PReLU({.shared_axes = {1, 2}, .name = "prelu" + number})(
      Conv2D(filters, {size, size}, {.name = "conv" + number})(x));
}

// Caffe's pooling begins a last window wherever a pixel is left.
Tensor mtcnn_pool(const Tensor& x, int64_t size, const std::string& padding) {
  return MaxPooling2D({size, size}, {.strides = {2, 2}, .padding = padding})(x);
}

Model proposals() {
  const Tensor input = Input({-1, -1, 3});
  Tensor x = mtcnn_pool(mtcnn_convolution(input, 10, 3, "1"), 2, "same");
  x = mtcnn_convolution(mtcnn_convolution(x, 16, 3, "2"), 32, 3, "3");
  const Tensor face = Softmax()(Conv2D(2, {1, 1}, {.name = "conv4_1"})(x));
  return Model({input}, {face, Conv2D(4, {1, 1}, {.name = "conv4_2"})(x)});
}

Model refinement() {
  const Tensor input = Input({24, 24, 3});
  Tensor x = mtcnn_pool(mtcnn_convolution(input, 28, 3, "1"), 3, "same");
  x = mtcnn_convolution(mtcnn_pool(mtcnn_convolution(x, 48, 3, "2"), 3, "valid"), 64, 2, "3");
  x = PReLU({.name = "prelu4"})(Dense(128, {.name = "fc1"})(Flatten()(x)));
  return Model({input},
               {Dense(2, {.activation = "softmax", .name = "fc2_1"})(x), Dense(4, {.name = "fc2_2"})(x)});
}

Model output() {
  const Tensor input = Input({48, 48, 3});
  Tensor x = mtcnn_pool(mtcnn_convolution(input, 32, 3, "1"), 3, "same");
  x = mtcnn_pool(mtcnn_convolution(x, 64, 3, "2"), 3, "valid");
  x = mtcnn_convolution(mtcnn_pool(mtcnn_convolution(x, 64, 3, "3"), 2, "same"), 128, 2, "4");
  x = PReLU({.name = "prelu5"})(Dense(256, {.name = "fc1"})(Flatten()(x)));
  return Model({input}, {Dense(2, {.activation = "softmax", .name = "fc2_1"})(x),
                         Dense(4, {.name = "fc2_2"})(x), Dense(10, {.name = "fc2_3"})(x)});
}

// The weights were trained on pictures turned about their diagonal (Caffe's, from MATLAB): rows and columns
// of every kernel change places, and so do those that the first dense layer sees.
void take_weights(Model& model, const WeightSnapshot& file, const std::string& part, const Shape& seen,
                  const std::vector<std::string>& slopes_of_channels) {
  WeightSnapshot snapshot = file;
  std::vector<SnapshotAdapter> chain;
  for (const std::string other : {"pnet", "rnet", "onet"}) {
    if (other != part) chain.push_back(drop_matching(other + "/*", "of another network"));
  }
  chain.push_back(rename_matching(part + "/*/weights", "*/kernel"));
  chain.push_back(rename_matching(part + "/*_alpha", "*/alpha"));
  chain.push_back(rename_matching(part + "/*", "*"));
  chain.push_back(transpose_matching("conv*/kernel", {1, 0, 2, 3}));
  for (const std::string& name : slopes_of_channels) {
    if (const SnapshotEntry* const slopes = snapshot.find(part + "/" + name + "_alpha"))
      chain.push_back(reshape_matching(name + "/alpha", {1, 1, slopes->type.shape.size()}));
  }
  if (seen.rank() == 4) {
    chain.push_back(reshape_matching("fc1/kernel", seen));
    chain.push_back(transpose_matching("fc1/kernel", {1, 0, 2, 3}));
    chain.push_back(reshape_matching("fc1/kernel", {seen[0] * seen[1] * seen[2], seen[3]}));
  }
  try {
    adapt(snapshot, chain);
  } catch (const InvalidArgument& error) {
    throw FileError("'" + file.source + "': " + error.what());
  }
  const LoadReport report = apply_snapshot(model, snapshot);
  if (!report.complete())
    throw FileError("'" + file.source + "' does not hold the weights of MTCNN (" + part +
                    "): " + report.problems(3));
}

}  // namespace

detail::MtcnnNetworks detail::mtcnn_networks(const std::string& path) {
  const WeightSnapshot file = open_weights(path);
  MtcnnNetworks networks{proposals(), refinement(), output()};
  take_weights(networks.proposals, file, "pnet", {}, {"prelu1", "prelu2", "prelu3"});
  take_weights(networks.refinement, file, "rnet", {3, 3, 64, 128}, {"prelu1", "prelu2", "prelu3"});
  take_weights(networks.output, file, "onet", {3, 3, 128, 256}, {"prelu1", "prelu2", "prelu3", "prelu4"});
  return networks;
}

}  // namespace lamina::face
