// Inception-ResNet v2: branches whose sum is added to what they were made of (Szegedy et al., 2016, arXiv
// 1602.07261).
#include <vector>

#include "lamina/nn/layers/application_layers.h"
#include "lamina/zoo/applications/detail/inception.h"

namespace lamina {
namespace {

using namespace detail;

/// x and `scale` times what the branches make of it.
Tensor residual_of(InceptionLayers& net, const Tensor& x, const std::vector<Tensor>& branches, double scale,
                   const std::string& name, bool rectified) {
  const Tensor mixed = net.side_by_side(branches, name + "_mixed");
  const Tensor up = Conv2D(x.shape()[-1], {1, 1}, {.padding = "same", .name = name + "_conv"})(mixed);
  const Tensor sum = CustomScaleLayer(scale)({x, up});
  return rectified ? Activation("relu", {.name = name + "_ac"})(sum) : sum;
}

Tensor block35(InceptionLayers& net, const Tensor& x, int number) {
  const Tensor one = net.unit(x, 32, {1, 1});
  const Tensor three = net.unit(net.unit(x, 32, {1, 1}), 32, {3, 3});
  const Tensor twice = net.unit(net.unit(net.unit(x, 32, {1, 1}), 48, {3, 3}), 64, {3, 3});
  return residual_of(net, x, {one, three, twice}, 0.17, "block35_" + std::to_string(number), true);
}

Tensor block17(InceptionLayers& net, const Tensor& x, int number) {
  const Tensor one = net.unit(x, 192, {1, 1});
  const Tensor seven = net.unit(net.unit(net.unit(x, 128, {1, 1}), 160, {1, 7}), 192, {7, 1});
  return residual_of(net, x, {one, seven}, 0.1, "block17_" + std::to_string(number), true);
}

Tensor block8(InceptionLayers& net, const Tensor& x, int number) {
  const Tensor one = net.unit(x, 192, {1, 1});
  const Tensor three = net.unit(net.unit(net.unit(x, 192, {1, 1}), 224, {1, 3}), 256, {3, 1});
  const bool last = number == 10;
  return residual_of(net, x, {one, three}, last ? 1.0 : 0.2, "block8_" + std::to_string(number), !last);
}

Model inception_resnet_v2(const ApplicationOptions& options) {
  const Frame frame(options, "inception_resnet_v2", {.side = 299, .least = 75});
  InceptionLayers net;
  Tensor x = net.stem(frame.input());
  {
    const Tensor one = net.unit(x, 96, {1, 1});
    const Tensor five = net.unit(net.unit(x, 48, {1, 1}), 64, {5, 5});
    const Tensor twice = net.unit(net.unit(net.unit(x, 64, {1, 1}), 96, {3, 3}), 96, {3, 3});
    x = net.side_by_side({one, five, twice, net.unit(net.around(x), 64, {1, 1})}, "mixed_5b");
  }
  for (int i = 1; i <= 10; ++i) x = block35(net, x, i);
  {
    const Tensor three = net.unit(x, 384, {3, 3}, kHalving);
    const Tensor twice = net.unit(net.unit(net.unit(x, 256, {1, 1}), 256, {3, 3}), 384, {3, 3}, kHalving);
    x = net.side_by_side({three, twice, net.halved_maximum(x)}, "mixed_6a");
  }
  for (int i = 1; i <= 20; ++i) x = block17(net, x, i);
  {
    const Tensor a = net.unit(net.unit(x, 256, {1, 1}), 384, {3, 3}, kHalving);
    const Tensor b = net.unit(net.unit(x, 256, {1, 1}), 288, {3, 3}, kHalving);
    const Tensor c = net.unit(net.unit(net.unit(x, 256, {1, 1}), 288, {3, 3}), 320, {3, 3}, kHalving);
    x = net.side_by_side({a, b, c, net.halved_maximum(x)}, "mixed_7a");
  }
  for (int i = 1; i <= 10; ++i) x = block8(net, x, i);
  return frame.close(net.unit(x, 1536, {1, 1}, {.name = "conv_7b"}), {.average = "", .largest = ""});
}

const bool inception_resnet_known = register_application(
    {"InceptionResNetV2", "arXiv 1602.07261", 299, Preprocessing::kTf, inception_resnet_v2});

}  // namespace
}  // namespace lamina
