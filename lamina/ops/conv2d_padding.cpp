// Padding in front of a convolution, as networks with ZeroPadding2D have it, becomes the convolution's own:
// the padded image is never written, forwards or backwards.
#include <algorithm>
#include <string>

#include "lamina/graph/contraction.h"
#include "lamina/graph/fusion.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/window.h"
#include "lamina/ops/pad.h"
#include "lamina/ops/slice.h"

namespace lamina {
namespace {

/// A convolution of a padded image as one of the image in it, which is of shape `image` and begins at
/// `starts`.
Conv2DAttrs with_padding(Conv2DAttrs conv, const Shape& padded, const Shape& kernel, const Shape& image,
                         const std::vector<int64_t>& starts) {
  const detail::ConvShape s = detail::conv_shape(conv, padded, kernel);
  const auto side = [&](int axis, const detail::Window& own) {
    const int64_t after = padded[axis] - starts[static_cast<size_t>(axis)] - image[axis];
    return std::pair(starts[static_cast<size_t>(axis)] + own.before,
                     after + std::max<int64_t>(0, own.after()));
  };
  const auto [above, below] = side(1, s.rows);
  const auto [left, right] = side(2, s.columns);
  conv.padding = std::to_string(above) + "," + std::to_string(below) + "," + std::to_string(left) + "," +
                 std::to_string(right);
  return conv;
}

/// Whether `image` lies in `padded` as it is, moved along height and width alone.
bool lies_in(const Shape& image, const Shape& padded, const std::vector<int64_t>& starts,
             const std::vector<int64_t>& steps) {
  if (image.rank() != 4 || padded.rank() != 4 || starts.size() != 4) return false;
  if (image.size() == 0 || image[0] != padded[0] || image[3] != padded[3] || starts[0] != 0 || starts[3] != 0)
    return false;
  if (std::any_of(steps.begin(), steps.end(), [](int64_t step) { return step != 1; })) return false;
  for (const int axis : {1, 2}) {
    const int64_t start = starts[static_cast<size_t>(axis)];
    if (start < 0 || start + image[axis] > padded[axis]) return false;
  }
  return true;
}

bool pads_image(const FusionMatch& match) {
  const auto& pad = match.attrs<PadAttrs>("p");
  return pad.value == 0 && lies_in(match.type("x").shape, pad.shape, pad.starts, pad.steps);
}

Attrs forward(const FusionMatch& match) {
  const auto& pad = match.attrs<PadAttrs>("p");
  return with_padding(match.attrs<Conv2DAttrs>("y"), pad.shape, match.type("kernel").shape,
                      match.type("x").shape, pad.starts);
}

Attrs of_kernel(const FusionMatch& match) {
  const auto& pad = match.attrs<PadAttrs>("p");
  Conv2DGradAttrs attrs = match.attrs<Conv2DGradAttrs>("k");
  attrs.conv = with_padding(attrs.conv, pad.shape, attrs.shape, match.type("x").shape, pad.starts);
  return attrs;
}

/// The gradient of the padding asks for a part of the image's gradient alone.
bool cuts_image(const FusionMatch& match) {
  const auto& slice = match.attrs<SliceAttrs>("s");
  return lies_in(match.type_of("s").shape, match.type_of("g").shape, slice.starts, slice.steps);
}

Attrs of_image(const FusionMatch& match) {
  Conv2DGradAttrs attrs = match.attrs<Conv2DGradAttrs>("g");
  const Shape& image = match.type_of("s").shape;
  attrs.conv = with_padding(attrs.conv, attrs.shape, match.type("kernel").shape, image,
                            match.attrs<SliceAttrs>("s").starts);
  attrs.shape = image;
  return attrs;
}

const FusionRegistration fusions({
    {.stage = kMoveMasks,
     .patterns = {"y:conv2d(p:pad(x), kernel)"},
     .result = "y = conv2d(x, kernel)",
     .fits = pads_image,
     .attrs = forward},
    {.stage = kMoveMasks,
     .patterns = {"k:conv2d_grad_kernel(p:pad(x), dy)"},
     .result = "k = conv2d_grad_kernel(x, dy)",
     .fits = pads_image,
     .attrs = of_kernel},
    {.stage = kMoveMasks,
     .patterns = {"s:slice(!g:conv2d_grad_input(dy, kernel))"},
     .result = "s = conv2d_grad_input(dy, kernel)",
     .fits = cuts_image,
     .attrs = of_image},
});

}  // namespace
}  // namespace lamina
