// Kernels of op `reorder`: images between channels-last and blocks of channels, and any order to any other.
#include <algorithm>
#include <cstring>

#include "lamina/base/threads.h"
#include "lamina/graph/contraction.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/channel_blocks.h"

namespace lamina {
namespace {

const Shape& shape_of(const KernelDesc& desc) { return desc.inputs[0].type.shape; }

std::optional<std::string> refuses_images(const KernelDesc& desc) {
  const auto from = detail::channel_block(desc.inputs[0].layout);
  const auto to = detail::channel_block(desc.outputs[0].layout);
  if (shape_of(desc).rank() != 4 || !from || !to || (*from == 0) == (*to == 0)) {
    return "only between channels-last and blocks of channels";
  }
  if (shape_of(desc).size() == 0) return "there are no elements";
  return std::nullopt;
}

/// Images whose pixels hold `count` pieces of `piece` bytes: together in channels-last order, apart in
/// blocks.
std::unique_ptr<Kernel> prepare_images(const KernelDesc& desc) {
  const Shape& shape = shape_of(desc);
  const bool to_blocks = desc.inputs[0].layout.row_major();
  const int block = *detail::channel_block(to_blocks ? desc.outputs[0].layout : desc.inputs[0].layout);
  const size_t piece = static_cast<size_t>(block) * size_of(desc.inputs[0].type.dtype);
  const int64_t count = shape[3] / block;
  const int64_t pixels = shape[1] * shape[2];
  const int64_t row = shape[2];
  return make_kernel([=, rows = shape[0] * shape[1]](const KernelArgs& args) {
    const auto* const from = args.input<char>(0);
    auto* const to = args.output<char>(0);
    const int64_t grain = std::max<int64_t>(1, 131072 / (row * count * static_cast<int64_t>(piece)));
    parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const int64_t first = r * row;                  // its first pixel among all images'
        const int64_t image = first / pixels * pixels;  // the first pixel of its image
        for (int64_t c = 0; c < count; ++c) {
          // The same pixels in block c: after the blocks of the images before and those of this image before
          // c.
          const int64_t blocked = image * count + c * pixels + (first - image);
          for (int64_t x = 0; x < row; ++x) {
            const size_t together = static_cast<size_t>((first + x) * count + c) * piece;
            const size_t apart = static_cast<size_t>(blocked + x) * piece;
            std::memcpy(to + (to_blocks ? apart : together), from + (to_blocks ? together : apart), piece);
          }
        }
      }
    });
  });
}

/// Where the element at a row-major place lies in `layout`.
int64_t place_in(const Layout& layout, const Shape& shape, const std::vector<int64_t>& index) {
  if (layout.row_major()) {
    int64_t place = 0;
    for (int axis = 0; axis < shape.rank(); ++axis)
      place = place * shape[axis] + index[static_cast<size_t>(axis)];
    return place;
  }
  const std::vector<int64_t> strides = layout.strides(shape);
  std::vector<int64_t> outer = index;
  int64_t place = 0;
  int64_t step = 1;
  for (auto block = layout.blocks.rbegin(); block != layout.blocks.rend(); ++block) {
    int64_t& i = outer[static_cast<size_t>(block->axis)];
    place += i % block->size * step;
    i /= block->size;
    step *= block->size;
  }
  for (size_t axis = 0; axis < outer.size(); ++axis) place += outer[axis] * strides[axis];
  return place;
}

std::unique_ptr<Kernel> prepare_reference(const KernelDesc& desc) {
  const Layout from = desc.inputs[0].layout;
  const Layout to = desc.outputs[0].layout;
  const size_t size = size_of(desc.inputs[0].type.dtype);
  // The places are computed once: this kernel is for odd cases, and `run` should not allocate.
  const Shape& shape = shape_of(desc);
  std::vector<std::pair<int64_t, int64_t>> places;
  std::vector<int64_t> index(static_cast<size_t>(shape.rank()), 0);
  for (int64_t n = shape.size(); n > 0; --n) {
    places.emplace_back(place_in(from, shape, index), place_in(to, shape, index));
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      if (++index[static_cast<size_t>(axis)] < shape[axis]) break;
      index[static_cast<size_t>(axis)] = 0;
    }
  }
  return make_kernel([places = std::move(places), size](const KernelArgs& args) {
    for (const auto& [source, target] : places) {
      std::memcpy(args.output<char>(0) + static_cast<size_t>(target) * size,
                  args.input<char>(0) + static_cast<size_t>(source) * size, size);
    }
  });
}

const KernelRegistration kReorder("reorder", DeviceKind::kCpu,
                                  {{.name = "images", .refuses = refuses_images, .prepare = prepare_images},
                                   {.name = "reference", .prepare = prepare_reference}});

}  // namespace
}  // namespace lamina
