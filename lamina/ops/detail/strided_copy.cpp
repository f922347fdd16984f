// Copying between two arrangements of the same elements.
#include "lamina/ops/detail/strided_copy.h"

#include <algorithm>
#include <cstring>

#include "lamina/base/threads.h"

namespace lamina::detail {
namespace {

constexpr int64_t kGrain = 16384;  // elements that are worth a thread
constexpr int64_t kTile = 32;      // square tiles of a transpose: two of them fit the first cache

}  // namespace

std::vector<int64_t> dense_strides(const Shape& shape) {
  std::vector<int64_t> strides(static_cast<size_t>(shape.rank()));
  int64_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[static_cast<size_t>(axis)] = stride;
    stride *= shape[axis];
  }
  return strides;
}

bool places_inside(int64_t start, int64_t step, int64_t count, int64_t extent) {
  if (step == 0 || count < 0 || extent < 0) return false;
  if (count == 0) return true;
  if (start < 0 || start >= extent) return false;
  const auto room = static_cast<uint64_t>(step > 0 ? extent - 1 - start : start);
  const uint64_t stride = step > 0 ? static_cast<uint64_t>(step) : 0 - static_cast<uint64_t>(step);
  return static_cast<uint64_t>(count - 1) <= room / stride;
}

StridedCopy::StridedCopy(const Shape& extents, const std::vector<int64_t>& from_strides,
                         const std::vector<int64_t>& to_strides, size_t element_bytes)
    : element_bytes_(element_bytes) {
  for (int i = 0; i < extents.rank(); ++i) {
    const Axis axis{extents[i], from_strides[static_cast<size_t>(i)], to_strides[static_cast<size_t>(i)]};
    if (axis.extent == 1) continue;
    Axis* outer = rank_ > 0 ? &axes_[rank_ - 1] : nullptr;
    if (outer && outer->from == axis.from * axis.extent && outer->to == axis.to * axis.extent) {
      *outer = {outer->extent * axis.extent, axis.from, axis.to};
    } else {
      axes_[rank_++] = axis;
    }
  }
  if (rank_ == 0) axes_[rank_++] = {1, 1, 1};
  // A transpose reads along one axis and writes along another: bring the one it reads along next to the last.
  if (axes_[rank_ - 1].to == 1 && axes_[rank_ - 1].from > 1) {
    for (int i = 0; i < rank_ - 1; ++i) {
      if (axes_[i].from != 1) continue;
      std::rotate(axes_ + i, axes_ + i + 1, axes_ + rank_ - 1);
      turned_ = true;
      tiled_ = axes_[rank_ - 2].extent >= 4 && axes_[rank_ - 1].extent >= 4;
      break;
    }
  }
}

void StridedCopy::run(const void* from, void* to) const {
  for (int i = 0; i < rank_; ++i) {
    if (axes_[i].extent == 0) return;
  }
  switch (element_bytes_) {
    case 1:
      return run_as(static_cast<const uint8_t*>(from), static_cast<uint8_t*>(to));
    case 2:
      return run_as(static_cast<const uint16_t*>(from), static_cast<uint16_t*>(to));
    case 4:
      return run_as(static_cast<const uint32_t*>(from), static_cast<uint32_t*>(to));
    default:
      return run_as(static_cast<const uint64_t*>(from), static_cast<uint64_t*>(to));
  }
}

template <class T>
void StridedCopy::run_as(const T* from, T* to) const {
  if (turned_ && run_few(from, to)) return;
  if (tiled_) {
    tiles(from, to);
  } else if (rank_ == 1 && axes_[0].extent > kGrain) {
    lamina::parallel_for(axes_[0].extent, kGrain, [&](int64_t begin, int64_t end) {
      StridedCopy part = *this;
      part.axes_[0].extent = end - begin;
      part.rows(from + begin * axes_[0].from, to + begin * axes_[0].to);
    });
  } else {
    rows(from, to);
  }
}

namespace {

/// Every kStep-th element: with the number known, the compiler makes vectors of it.
template <int kStep, class T>
void every(const T* __restrict from, T* __restrict to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = from[i * kStep];
}

template <class T>
void copy_line(const T* from, int64_t from_step, T* to, int64_t to_step, int64_t count) {
  if (to_step == 1) {
    switch (from_step) {
      case 0: std::fill_n(to, count, *from); return;
      case 1: std::memcpy(to, from, static_cast<size_t>(count) * sizeof(T)); return;
      case 2: every<2>(from, to, count); return;
      case 3: every<3>(from, to, count); return;
      case 4: every<4>(from, to, count); return;
      default: break;
    }
  }
  for (int64_t i = 0; i < count; ++i) to[i * to_step] = from[i * from_step];
}

}  // namespace

template <class T>
void StridedCopy::rows(const T* from, T* to) const {
  const Axis inner = axes_[rank_ - 1];
  int64_t outer = 1;
  for (int i = 0; i < rank_ - 1; ++i) outer *= axes_[i].extent;
  lamina::parallel_for(outer, std::max<int64_t>(1, kGrain / inner.extent), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T* source = from;
      T* target = to;
      int64_t rest = row;
      for (int i = rank_ - 2; i > 0; --i) {
        const int64_t index = rest % axes_[i].extent;
        rest /= axes_[i].extent;
        source += index * axes_[i].from;
        target += index * axes_[i].to;
      }
      if (rank_ > 1) {
        source += rest * axes_[0].from;
        target += rest * axes_[0].to;
      }
      copy_line(source, inner.from, target, inner.to, inner.extent);
    }
  });
}

template <class T>
void StridedCopy::advance(int64_t outer, const T*& from, T*& to) const {
  for (int i = rank_ - 3; i >= 0; --i) {
    const int64_t index = outer % axes_[i].extent;
    outer /= axes_[i].extent;
    from += index * axes_[i].from;
    to += index * axes_[i].to;
  }
}

// Colours, or halves of channels: one of the two axes has so few elements that they are written out, and the compiler
// makes vectors of the other.
template <class T, int kFew, bool kWoven>
void StridedCopy::few(const T* from, T* to) const {
  const Axis down = axes_[rank_ - 2];   // contiguous in the source
  const Axis along = axes_[rank_ - 1];  // contiguous in the target
  const int64_t length = kWoven ? down.extent : along.extent;
  constexpr int64_t kBlock = kGrain / kFew;
  const int64_t blocks = (length + kBlock - 1) / kBlock;
  int64_t outer = blocks;
  for (int i = 0; i < rank_ - 2; ++i) outer *= axes_[i].extent;
  lamina::parallel_for(outer, std::max<int64_t>(1, kBlock / length), [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block % blocks * kBlock, last = std::min(first + kBlock, length);
      const T* __restrict source = from;
      T* __restrict target = to;
      {
        const T* at = source;
        T* there = target;
        advance(block / blocks, at, there);
        source = at;
        target = there;
      }
      if constexpr (kWoven) {
        for (int64_t i = first; i < last; ++i) {
          for (int j = 0; j < kFew; ++j) target[i * kFew + j] = source[i + j * along.from];
        }
      } else {
        for (int j = 0; j < kFew; ++j) {
          T* __restrict line = target + j * down.to;
          for (int64_t i = first; i < last; ++i) line[i] = source[i * kFew + j];
        }
      }
    }
  });
}

template <class T>
bool StridedCopy::run_few(const T* from, T* to) const {
  const Axis &down = axes_[rank_ - 2], &along = axes_[rank_ - 1];
  // Dense on the side where the few elements lie together.
  const bool woven = along.extent <= 4 && down.to == along.extent;
  if (!woven && !(down.extent <= 4 && along.from == down.extent)) return false;
  const auto run = [&]<int kFew>() { woven ? few<T, kFew, true>(from, to) : few<T, kFew, false>(from, to); };
  switch (woven ? along.extent : down.extent) {
    case 2: return run.template operator()<2>(), true;
    case 3: return run.template operator()<3>(), true;
    case 4: return run.template operator()<4>(), true;
    default: return false;
  }
}

template <class T>
void StridedCopy::tiles(const T* from, T* to) const {
  const Axis down = axes_[rank_ - 2];   // contiguous in the source
  const Axis along = axes_[rank_ - 1];  // contiguous in the target
  const int64_t strips = (down.extent + kTile - 1) / kTile;
  int64_t outer = strips;
  for (int i = 0; i < rank_ - 2; ++i) outer *= axes_[i].extent;
  lamina::parallel_for(outer, std::max<int64_t>(1, kGrain / (kTile * along.extent)),
                       [&](int64_t begin, int64_t end) {
                         for (int64_t strip = begin; strip < end; ++strip) {
                           const int64_t first = strip % strips * kTile;
                           const int64_t last = std::min(first + kTile, down.extent);
                           const T* source = from;
                           T* target = to;
                           advance(strip / strips, source, target);
                           for (int64_t column = 0; column < along.extent; column += kTile) {
                             const int64_t end_column = std::min(column + kTile, along.extent);
                             for (int64_t i = first; i < last; ++i) {
                               for (int64_t j = column; j < end_column; ++j)
                                 target[i * down.to + j] = source[i + j * along.from];
                             }
                           }
                         }
                       });
}

}  // namespace lamina::detail
