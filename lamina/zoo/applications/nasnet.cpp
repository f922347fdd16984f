// NASNet: two cells that a search found, one that keeps the places and one that halves them, each of which
// reads what the two cells before it have made (Zoph et al., 2017, arXiv 1707.07012).
#include <utility>

#include "lamina/base/error.h"
#include "lamina/zoo/applications/detail/frame.h"

namespace lamina {
namespace {

using namespace detail;

Tensor rectify_next(const Tensor& x, int& rectified) {
  const int number = rectified++;
  return Activation("relu", {.name = "activation" + (number > 0 ? "_" + std::to_string(number) : "")})(x);
}

/// What the cells are made of: layers whose names end with the cell's.
class Cell {
 public:
  /// @param rectified  activations so far: Keras numbers them as they are made.
  Cell(std::string name, int64_t filters, int& rectified)
      : name_("_" + std::move(name)), filters_(filters), rectified_(rectified) {}

  /// Five sums of two, beside `before`, which is brought to the places and channels of x first.
  Tensor normal(const Tensor& x, Tensor before) const {
    before = beside(before, x);
    const Tensor h = squeezed(x, "normal");
    const auto sum = [&](int number, const Tensor& a, const Tensor& b) {
      return Add({.name = "normal_add_" + std::to_string(number) + name_})({a, b});
    };
    Tensor left = separable(h, 5, 1, "normal_left1");
    const Tensor first = sum(1, left, separable(before, 3, 1, "normal_right1"));
    left = separable(before, 5, 1, "normal_left2");
    const Tensor second = sum(2, left, separable(before, 3, 1, "normal_right2"));
    const Tensor third = sum(3, averaged(h, "normal_left3"), before);
    left = averaged(before, "normal_left4");
    const Tensor fourth = sum(4, left, averaged(before, "normal_right4"));
    const Tensor fifth = sum(5, separable(h, 3, 1, "normal_left5"), h);
    return Concatenate({.name = "normal_concat" + name_})({before, first, second, third, fourth, fifth});
  }

  /// The same at half the height and width. Names are Keras's, with and without their line before the number.
  Tensor reduction(const Tensor& x, Tensor before) const {
    before = beside(before, x);
    const Tensor h = squeezed(x, "reduction");
    const Tensor padded = pad_for_step(h, 3, "reduction_pad_1" + name_);
    const auto sum = [&](const std::string& number, const Tensor& a, const Tensor& b) {
      return Add({.name = "reduction_add" + number + name_})({a, b});
    };
    const auto largest = [&](const char* name) {
      return MaxPooling2D({3, 3}, {.strides = {2, 2}, .name = name + name_})(padded);
    };
    Tensor left = separable(h, 5, 2, "reduction_left1");
    const Tensor first = sum("_1", left, separable(before, 7, 2, "reduction_right1"));
    left = largest("reduction_left2");
    const Tensor second = sum("_2", left, separable(before, 7, 2, "reduction_right2"));
    left = AveragePooling2D({3, 3}, {.strides = {2, 2}, .name = "reduction_left3" + name_})(padded);
    const Tensor third = sum("3", left, separable(before, 5, 2, "reduction_right3"));
    const Tensor fourth = Add()({second, averaged(first, "reduction_left4")});
    left = separable(first, 3, 1, "reduction_left4");
    const Tensor fifth = sum("4", left, largest("reduction_right5"));
    return Concatenate({.name = "reduction_concat" + name_})({second, third, fourth, fifth});
  }

 private:
  static Tensor normalized(const Tensor& x, const std::string& name) {
    return BatchNormalization({.momentum = 0.9997, .epsilon = 1e-3, .name = name})(x);
  }

  Tensor pointwise(const Tensor& x, int64_t filters, const std::string& name) const {
    return Conv2D(
        filters, {1, 1},
        {.padding = "same", .use_bias = false, .kernel_initializer = "he_normal", .name = name + name_})(x);
  }

  Tensor squeezed(const Tensor& x, const std::string& kind) const {
    return normalized(pointwise(rectify(x), filters_, kind + "_conv_1"), kind + "_bn_1" + name_);
  }

  Tensor averaged(const Tensor& x, const std::string& name) const {
    return AveragePooling2D({3, 3}, {.strides = {1, 1}, .padding = "same", .name = name + name_})(x);
  }

  /// Two separable convolutions of that size, the first of which may halve the places.
  Tensor separable(const Tensor& given, int64_t size, int64_t step, const std::string& place) const {
    const std::string behind = "_" + place + name_;
    Tensor x = rectify(given);
    if (step == 2) x = pad_for_step(x, size, "separable_conv_1_pad" + behind);
    x = SeparableConv2D(filters_, {size, size},
                        {.strides = {step, step},
                         .padding = step == 2 ? "valid" : "same",
                         .use_bias = false,
                         .name = "separable_conv_1" + behind})(x);
    x = rectify(normalized(x, "separable_conv_1_bn" + behind));
    x = SeparableConv2D(filters_, {size, size},
                        {.padding = "same", .use_bias = false, .name = "separable_conv_2" + behind})(x);
    return normalized(x, "separable_conv_2_bn" + behind);
  }

  /// What the cell before the last has made, as it fits to `x`: of every second place and of those between,
  /// half of the channels each.
  Tensor beside(const Tensor& before, const Tensor& x) const {
    if (!before.defined()) return x;
    if (before.shape()[2] == x.shape()[2]) {
      if (before.shape()[3] == filters_) return before;
      return normalized(pointwise(rectify(before), filters_, "adjust_conv_projection"), "adjust_bn" + name_);
    }
    const Tensor positive = Activation("relu", {.name = "adjust_relu_1" + name_})(before);
    const auto every_second = [&](const Tensor& of, const std::string& number) {
      return pointwise(
          AveragePooling2D({1, 1}, {.strides = {2, 2}, .name = "adjust_avg_pool_" + number + name_})(of),
          filters_ / 2, "adjust_conv_" + number);
    };
    const Tensor even = every_second(positive, "1");
    const Tensor odd = every_second(Cropping2D({1, 0, 1, 0})(ZeroPadding2D({0, 1, 0, 1})(positive)), "2");
    return normalized(Concatenate()({even, odd}), "adjust_bn" + name_);
  }

  Tensor rectify(const Tensor& x) const { return rectify_next(x, rectified_); }

  std::string name_;
  int64_t filters_;
  int& rectified_;
};

struct Sizes {
  int64_t filters, of_stem;
  int blocks;
  bool skips;  ///< whether a cell behind one that halves reads what was before that one's input
};

Model nasnet(ApplicationOptions options, const std::string& name, int64_t side, const Sizes& sizes) {
  if (!options.include_top && options.input_shape.rank() == 0) options.input_shape = {side, side, 3};
  const Frame frame(options, name, {.side = side, .least = 32});
  if (frame.input().shape()[1] < 0 || frame.input().shape()[2] < 0)
    throw InvalidArgument(name +
                          ": input_shape must say height and width: how a cell is joined to the one before "
                          "depends on them; received " +
                          options.input_shape.str());
  Tensor x =
      Conv2D(sizes.of_stem, {3, 3},
             {.strides = {2, 2}, .use_bias = false, .kernel_initializer = "he_normal", .name = "stem_conv1"})(
          frame.input());
  x = BatchNormalization({.momentum = 0.9997, .epsilon = 1e-3, .name = "stem_bn1"})(x);
  int rectified = 0;
  Tensor before;
  const auto halve = [&](const std::string& cell, int64_t filters) {
    const Tensor next = Cell(cell, filters, rectified).reduction(x, before);
    return std::exchange(x, next);
  };
  before = halve("stem_1", sizes.filters / 4);
  before = halve("stem_2", sizes.filters / 2);
  for (int stage = 0; stage < 3; ++stage) {
    const int64_t filters = sizes.filters << stage;
    const int first = stage == 0 ? 0 : stage * sizes.blocks + 1;
    for (int i = first; i < first + sizes.blocks; ++i) {
      const Tensor next = Cell(std::to_string(i), filters, rectified).normal(x, before);
      before = std::exchange(x, next);
    }
    if (stage == 2) break;
    const Tensor input = halve("reduce_" + std::to_string(sizes.blocks * (stage + 1)), filters * 2);
    if (!sizes.skips) before = input;
  }
  return frame.close(rectify_next(x, rectified), {.average = "", .largest = "", .before_top = ""});
}

const bool nasnet_known =
    register_application({"NASNetMobile", "arXiv 1707.07012", 224, Preprocessing::kTf,
                          [](const ApplicationOptions& options) {
                            return nasnet(options, "nasnet_mobile", 224, {44, 32, 4, false});
                          }}) &&
    register_application(
        {"NASNetLarge", "arXiv 1707.07012", 331, Preprocessing::kTf, [](const ApplicationOptions& options) {
           return nasnet(options, "nasnet_large", 331, {168, 96, 6, true});
         }});

}  // namespace
}  // namespace lamina
