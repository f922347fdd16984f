// Inception v3: branches of convolutions of several sizes side by side (Szegedy et al., 2015, arXiv
// 1512.00567).
#include <vector>

#include "lamina/zoo/applications/detail/inception.h"

namespace lamina {
namespace {

using namespace detail;

/// 1×1, 5×5, twice 3×3, and the average of the places around.
Tensor mixed_35(InceptionLayers& net, const Tensor& x, int64_t pooled, const std::string& name) {
  const Tensor one = net.unit(x, 64, {1, 1});
  const Tensor five = net.unit(net.unit(x, 48, {1, 1}), 64, {5, 5});
  const Tensor three = net.unit(net.unit(net.unit(x, 64, {1, 1}), 96, {3, 3}), 96, {3, 3});
  return net.side_by_side({one, five, three, net.unit(net.around(x), pooled, {1, 1})}, name);
}

/// 7×7 as 1×7 and 7×1, once and twice.
Tensor mixed_17(InceptionLayers& net, const Tensor& x, int64_t wide, const std::string& name) {
  const Tensor one = net.unit(x, 192, {1, 1});
  const Tensor once = net.unit(net.unit(net.unit(x, wide, {1, 1}), wide, {1, 7}), 192, {7, 1});
  Tensor twice = net.unit(net.unit(net.unit(x, wide, {1, 1}), wide, {7, 1}), wide, {1, 7});
  twice = net.unit(net.unit(twice, wide, {7, 1}), 192, {1, 7});
  return net.side_by_side({one, once, twice, net.unit(net.around(x), 192, {1, 1})}, name);
}

Tensor mixed_8(InceptionLayers& net, const Tensor& x, int number) {
  const Tensor one = net.unit(x, 320, {1, 1});
  Tensor three = net.unit(x, 384, {1, 1});
  const Tensor wide = net.unit(three, 384, {1, 3}), high = net.unit(three, 384, {3, 1});
  three = net.side_by_side({wide, high}, "mixed9_" + std::to_string(number));
  Tensor twice = net.unit(net.unit(x, 448, {1, 1}), 384, {3, 3});
  const Tensor twice_wide = net.unit(twice, 384, {1, 3}), twice_high = net.unit(twice, 384, {3, 1});
  twice = net.side_by_side({twice_wide, twice_high});
  return net.side_by_side({one, three, twice, net.unit(net.around(x), 192, {1, 1})},
                          "mixed" + std::to_string(9 + number));
}

Model inception_v3(const ApplicationOptions& options) {
  const Frame frame(options, "inception_v3", {.side = 299, .least = 75});
  InceptionLayers net;
  Tensor x = net.stem(frame.input());
  x = mixed_35(net, x, 32, "mixed0");
  x = mixed_35(net, x, 64, "mixed1");
  x = mixed_35(net, x, 64, "mixed2");
  const Tensor three = net.unit(x, 384, {3, 3}, kHalving);
  const Tensor twice = net.unit(net.unit(net.unit(x, 64, {1, 1}), 96, {3, 3}), 96, {3, 3}, kHalving);
  x = net.side_by_side({three, twice, net.halved_maximum(x)}, "mixed3");
  x = mixed_17(net, x, 128, "mixed4");
  x = mixed_17(net, x, 160, "mixed5");
  x = mixed_17(net, x, 160, "mixed6");
  x = mixed_17(net, x, 192, "mixed7");
  const Tensor short_way = net.unit(net.unit(x, 192, {1, 1}), 320, {3, 3}, kHalving);
  Tensor long_way = net.unit(net.unit(net.unit(x, 192, {1, 1}), 192, {1, 7}), 192, {7, 1});
  long_way = net.unit(long_way, 192, {3, 3}, kHalving);
  x = net.side_by_side({short_way, long_way, net.halved_maximum(x)}, "mixed8");
  x = mixed_8(net, mixed_8(net, x, 0), 1);
  return frame.close(x, {.average = "", .largest = ""});
}

const bool inception_known =
    register_application({"InceptionV3", "arXiv 1512.00567", 299, Preprocessing::kTf, inception_v3});

}  // namespace
}  // namespace lamina
