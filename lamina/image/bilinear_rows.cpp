// Bilinear blending: along rows eight numbers at a time, between rows as many as there are lanes.
#include "lamina/image/detail/bilinear_rows.h"

#include <algorithm>

#include "lamina/ops/detail/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lamina/image/bilinear_rows.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
// After foreach_target.
#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lamina::detail::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

template <class V>
HWY_INLINE V between(V a, V b, V distance) {
  return hn::Add(a, hn::Mul(hn::Sub(b, a), distance));
}

#if HWY_TARGET == HWY_SCALAR
void WidenRow(const uint8_t* from, const int32_t* begin, const uint8_t* picks, const float* distances,
              size_t size, float* to) {
  for (size_t i = 0; i < size; ++i) {
    const uint8_t* left = from + begin[i / 4] + picks[4 * i];
    const float a = left[0], b = left[3];
    to[i] = a + (b - a) * distances[i];
  }
}
#else
// The bytes from begin[0] on, and where a vector has eight numbers, those from begin[1] on.
template <class D>
HWY_INLINE hn::Vec<D> window(D bytes, const uint8_t* from, const int32_t* begin) {
  const hn::Full128<uint8_t> half;
  if constexpr (hn::MaxLanes(D()) == 16) {
    return hn::LoadU(bytes, from + begin[0]);
  } else {
    return hn::Combine(bytes, hn::LoadU(half, from + begin[1]), hn::LoadU(half, from + begin[0]));
  }
}

void WidenRow(const uint8_t* HWY_RESTRICT from, const int32_t* HWY_RESTRICT begin,
              const uint8_t* HWY_RESTRICT picks, const float* HWY_RESTRICT distances, size_t size,
              float* HWY_RESTRICT to) {
  const hn::CappedTag<float, 8> floats;
  const hn::RebindToSigned<decltype(floats)> integers;
  const hn::Repartition<uint8_t, decltype(floats)> bytes;
  const auto pixel = hn::Set(bytes, 3);
  const size_t lanes = hn::Lanes(floats);
  for (size_t i = 0; i < size; i += lanes, begin += lanes / 4) {
    const auto around = window(bytes, from, begin), left = hn::LoadU(bytes, picks + 4 * i);
    const auto colours = [&](auto which) HWY_ATTR {
      return hn::ConvertTo(floats, hn::BitCast(integers, hn::TableLookupBytesOr0(around, which)));
    };
    const auto distance = hn::LoadU(floats, distances + i);
    hn::StoreU(between(colours(left), colours(hn::Add(left, pixel)), distance), floats, to + i);
  }
}
#endif

void BlendTwoRows(const float* top, const float* bottom, float down, size_t size, float* to) {
  const hn::ScalableTag<float> d;
  const auto distance = hn::Set(d, down);
  size_t i = 0;
  for (; i + hn::Lanes(d) <= size; i += hn::Lanes(d))
    hn::StoreU(between(hn::LoadU(d, top + i), hn::LoadU(d, bottom + i), distance), d, to + i);
  for (; i < size; ++i) to[i] = top[i] + (bottom[i] - top[i]) * down;
}

// Whole lines of the cache go straight to memory; what is left at both ends shares its line with another row.
void BlendTwoRowsPast(const float* top, const float* bottom, float down, size_t size, float* to) {
  constexpr size_t kLine = 64 / sizeof(float);
  const hn::CappedTag<float, kLine> d;
  const auto distance = hn::Set(d, down);
  const size_t lanes = hn::Lanes(d);
  const auto some = [&](size_t from, size_t end) HWY_ATTR {
    for (size_t i = from; i < end; i += lanes) {
      const auto mask = hn::FirstN(d, end - i);
      const auto a = hn::MaskedLoad(mask, d, top + i), b = hn::MaskedLoad(mask, d, bottom + i);
      hn::BlendedStore(between(a, b, distance), mask, d, to + i);
    }
  };
  const size_t into = reinterpret_cast<uintptr_t>(to) / sizeof(float) % kLine;
  const size_t head = std::min(size, (kLine - into) % kLine), tail = head + (size - head) / kLine * kLine;
  some(0, head);
  for (size_t i = head; i < tail; i += lanes)
    hn::Stream(between(hn::LoadU(d, top + i), hn::LoadU(d, bottom + i), distance), d, to + i);
  some(tail, size);
}

}  // namespace
}  // namespace lamina::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lamina::detail {
HWY_EXPORT(WidenRow);
HWY_EXPORT(BlendTwoRows);
HWY_EXPORT(BlendTwoRowsPast);

namespace {

constexpr int kNone = 0x80;  // above all places of 16 bytes, and three more

// A picture so much wider than the result that its decoding takes far longer.
void widen_far(const uint8_t* from, const std::vector<int32_t>& left, const float* distances, float* to) {
  for (size_t i = 0; i < left.size(); ++i) {
    const float a = from[left[i]], b = from[left[i] + 3];
    to[i] = a + (b - a) * distances[i];
  }
}

}  // namespace

BilinearColumns::BilinearColumns(const ResizedAxis& axis, int64_t left) {
  numbers_ = 3 * axis.taps.size() / 2;
  const size_t padded = (numbers_ + kSpare - 1) / kSpare * kSpare;
  distances_.resize(padded);
  left_.resize(padded);
  for (size_t i = 0; i < padded; ++i) {
    const size_t number = std::min(i, numbers_ - 1);
    const ResizedAxis::Tap* const tap = &axis.taps[number / 3 * 2];
    left_[i] = static_cast<int32_t>(3 * (left + tap[0].from) + static_cast<int64_t>(number % 3));
    // At the border, where the pixel has one neighbour, nothing is taken from behind it.
    distances_[i] = tap[0].from == tap[1].from ? 0 : static_cast<float>(tap[1].weight);
  }
  begin_.resize(padded / 4);
  picks_.assign(4 * padded, kNone);
  bool near = true;
  for (size_t i = 0; i < padded; i += 4) {
    begin_[i / 4] = *std::min_element(&left_[i], &left_[i] + 4);
    for (size_t j = i; j < i + 4; ++j) {
      const int32_t place = left_[j] - begin_[i / 4];
      near &= place + 3 < static_cast<int32_t>(kBehind);
      picks_[4 * j] = static_cast<uint8_t>(place);
    }
  }
  if (near) left_.clear();
}

void BilinearColumns::widen(const uint8_t* from, float* to) const {
  if (!left_.empty()) return widen_far(from, left_, distances_.data(), to);
  HWY_DYNAMIC_DISPATCH(WidenRow)
  (from, begin_.data(), picks_.data(), distances_.data(), distances_.size(), to);
}

void blend_two_rows(const float* top, const float* bottom, float down, size_t size, float* to,
                    Written written) {
  if (written == Written::kPastCaches) {
    HWY_DYNAMIC_DISPATCH(BlendTwoRowsPast)(top, bottom, down, size, to);
  } else {
    HWY_DYNAMIC_DISPATCH(BlendTwoRows)(top, bottom, down, size, to);
  }
}

void flush_written() { hwy::FlushStream(); }

}  // namespace lamina::detail
#endif
