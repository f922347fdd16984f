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

/// An axis of a walk through memory in some order: how many elements the next one is away in row-major order.
struct Step {
  int64_t extent, away;
};

/// The axes of values in `layout`, outermost first.
std::vector<Step> steps_of(const Shape& shape, const Layout& layout) {
  std::vector<Step> steps;
  std::vector<int64_t> away = Layout{}.strides(shape), extents = shape.dims();
  for (auto block = layout.blocks.rbegin(); block != layout.blocks.rend(); ++block) {
    const auto axis = static_cast<size_t>(block->axis);
    steps.insert(steps.begin(), {block->size, away[axis]});
    away[axis] *= block->size;
    extents[axis] /= block->size;
  }
  for (int i = shape.rank() - 1; i >= 0; --i) {
    const auto axis = static_cast<size_t>(layout.order.empty() ? i : layout.order[static_cast<size_t>(i)]);
    steps.insert(steps.begin(), {extents[axis], away[axis]});
  }
  return steps;
}

constexpr size_t kMostSteps = Shape::kMaxRank + 8;

std::optional<std::string> refuses_any(const KernelDesc& desc) {
  for (const Operand* operand : {&desc.inputs[0], &desc.outputs[0]}) {
    if (operand->layout.blocks.size() + static_cast<size_t>(operand->type.shape.rank()) > kMostSteps)
      return "too many blocks";
  }
  return std::nullopt;
}

/// Elements [begin, end) of the walk, which goes along what is written (`gathers`) or along what is read; the
/// other side is row-major.
template <class Element>
void walk(const std::vector<Step>& steps, const Element* from, Element* to, bool gathers, int64_t begin,
          int64_t end) {
  const size_t rank = steps.size();
  int64_t index[kMostSteps] = {};
  int64_t place = 0, rest = begin;
  for (size_t i = rank; i-- > 0;) {
    index[i] = rest % steps[i].extent;
    rest /= steps[i].extent;
    place += index[i] * steps[i].away;
  }
  for (int64_t along = begin; along < end; ++along) {
    (gathers ? to[along] : to[place]) = gathers ? from[place] : from[along];
    for (size_t i = rank; i-- > 0;) {
      place += steps[i].away;
      if (++index[i] < steps[i].extent) break;
      place -= steps[i].extent * steps[i].away;
      index[i] = 0;
    }
  }
}

template <class Element>
std::unique_ptr<Kernel> prepare_walks(const KernelDesc& desc) {
  // From any order to row-major and on to any other; one of the two ways is often none.
  const Layout &from = desc.inputs[0].layout, &to = desc.outputs[0].layout;
  const bool both = !from.row_major() && !to.row_major();
  const int64_t size = shape_of(desc).size();
  const auto go = [size](const std::vector<Step>& steps, const void* in, void* out, bool gathers) {
    parallel_for(size, 1 << 15, [&](int64_t begin, int64_t end) {
      walk(steps, static_cast<const Element*>(in), static_cast<Element*>(out), gathers, begin, end);
    });
  };
  return make_kernel(
      [=, first = steps_of(shape_of(desc), from), last = steps_of(shape_of(desc), to),
       straight = from.row_major()](const KernelArgs& args) {
        if (straight) return go(last, args.inputs[0], args.outputs[0], true);
        void* const between = both ? args.workspace : args.outputs[0];
        go(first, args.inputs[0], between, false);
        if (both) go(last, between, args.outputs[0], true);
      },
      both ? static_cast<size_t>(size) * sizeof(Element) : 0);
}

std::unique_ptr<Kernel> prepare_any(const KernelDesc& desc) {
  switch (size_of(desc.inputs[0].type.dtype)) {
    case 1:
      return prepare_walks<uint8_t>(desc);
    case 2:
      return prepare_walks<uint16_t>(desc);
    case 4:
      return prepare_walks<uint32_t>(desc);
    default:
      return prepare_walks<uint64_t>(desc);
  }
}

const KernelRegistration kReorder("reorder", DeviceKind::kCpu,
                                  {{.name = "images", .refuses = refuses_images, .prepare = prepare_images},
                                   {.name = "walk", .refuses = refuses_any, .prepare = prepare_any}});

}  // namespace
}  // namespace lamina
