// How many images at a time, and their copies.
#include "lamina/ops/detail/padded_images.h"

#include <algorithm>

#include "lamina/base/threads.h"

namespace lamina::detail {
namespace {

/// Numbers of padded images that are there at once, unless one image has more.
constexpr int64_t kAtOnce = 1 << 19;
constexpr int64_t kGrain = 1 << 14;

/// Elements that windows along one axis reach, from the first one's first.
int64_t reach(const Window& w) { return (w.output - 1) * w.stride + w.span(); }

}  // namespace

PaddedImages::PaddedImages(const ConvShape& s, int64_t numbers) : s_(s) {
  copies_ = s.rows.before != 0 || s.columns.before != 0 || s.rows.after() > 0 || s.columns.after() > 0;
  row_ = (copies_ ? reach(s.columns) : s.columns.input) * s.channels;
  image_ = (copies_ ? reach(s.rows) : s.rows.input) * row_;
  const int64_t wanted = std::max(copies_ ? image_ : 0, numbers);
  at_once_ = wanted == 0 ? s.batch : std::clamp<int64_t>(kAtOnce / wanted, 1, s.batch);
}

bool PaddedImages::mostly_zeros(const ConvShape& s) {
  constexpr double kTimes = 16, kFew = 1 << 20;
  const auto share = [](const Window& w) { return static_cast<double>(reach(w)); };
  const double padded = share(s.rows) * share(s.columns) * static_cast<double>(s.channels);
  return padded > std::max(kFew, kTimes * static_cast<double>(s.rows.input * s.columns.input * s.channels));
}

const double* PaddedImages::get(const double* images, int64_t first, int64_t count, double* memory) const {
  const int64_t height = s_.rows.input, width = s_.columns.input * s_.channels;
  images += first * height * width;
  if (!copies_) return images;
  const int64_t rows = image_ / row_, left = std::min(row_, s_.columns.before * s_.channels);
  const int64_t inside = std::clamp<int64_t>(row_ - left, 0, width);
  lamina::parallel_for(count * rows, std::max<int64_t>(1, kGrain / row_), [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; ++at) {
      const int64_t n = at / rows, y = at % rows - s_.rows.before;
      double* const to = memory + at * row_;
      if (y < 0 || y >= height) {
        std::fill_n(to, row_, 0.0);
        continue;
      }
      std::fill_n(to, left, 0.0);
      std::copy_n(images + (n * height + y) * width, inside, to + left);
      std::fill(to + left + inside, to + row_, 0.0);
    }
  });
  return memory;
}

}  // namespace lamina::detail
