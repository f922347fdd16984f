// The filters, on planes with a border around them, so that no pixel has to ask where it is.
#include "lamina/image/denoise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/base/threads.h"

namespace lamina::image {
namespace {

/// An image with `border` further pixels on each side.
struct Bordered {
  int64_t height, width, channels, border;  ///< of the image without
  std::vector<uint8_t> pixels;

  int64_t stride() const { return (width + 2 * border) * channels; }
  /// The first number of the pixel, which may lie in the border.
  const uint8_t* at(int64_t y, int64_t x) const {
    return pixels.data() + (y + border) * stride() + (x + border) * channels;
  }
};

int64_t clamped(int64_t i, int64_t count) { return std::clamp<int64_t>(i, 0, count - 1); }
int64_t mirrored(int64_t i, int64_t count) {
  if (count == 1) return 0;
  const int64_t period = 2 * (count - 1);
  i = ((i % period) + period) % period;
  return i < count ? i : period - i;
}

Bordered with_border(const uint8_t* image, int64_t height, int64_t width, int64_t channels, int64_t border,
                     int64_t (*inside)(int64_t, int64_t)) {
  Bordered result{height, width, channels, border, {}};
  result.pixels.reserve(static_cast<size_t>((height + 2 * border) * result.stride()));
  for (int64_t y = -border; y < height + border; ++y) {
    const uint8_t* row = image + inside(y, height) * width * channels;
    for (int64_t x = -border; x < width + border; ++x) {
      const uint8_t* pixel = row + inside(x, width) * channels;
      result.pixels.insert(result.pixels.end(), pixel, pixel + channels);
    }
  }
  return result;
}

void fail(const char* function, const std::string& what) {
  throw InvalidArgument(std::string("image::") + function + ": " + what);
}

void check_odd(const char* function, const char* name, int size, int most) {
  if (size < 1 || size > most || size % 2 == 0)
    fail(function, std::string(name) + " must be odd, from 1 to " + std::to_string(most) + "; got " +
                       std::to_string(size));
}
void check_positive(const char* function, const char* name, double value) {
  if (!(value > 0 && std::isfinite(value)))
    fail(function, std::string(name) + " must be above 0; got " + std::to_string(value));
}

/// Calls f(bordered image, first row, end row, the image's numbers in the result) for rows of each image,
/// from several threads.
template <class F>
Tensor filtered(const char* function, const Tensor& given, int64_t border,
                int64_t (*inside)(int64_t, int64_t), F&& f) {
  const Tensor images = given.to(Device{}).eval();
  const Shape& shape = images.shape();
  const int rank = static_cast<int>(shape.rank());
  if (images.dtype() != DType::kUInt8 || (rank != 3 && rank != 4) ||
      (shape[rank - 1] != 1 && shape[rank - 1] != 3))
    fail(function,
         "images must be uint8 (height, width, 1 or 3), or a batch of such; got " + images.type().str());
  const int64_t channels = shape[rank - 1], width = shape[rank - 2], height = shape[rank - 3];
  auto buffer = std::make_shared<Buffer>(Device{}, static_cast<size_t>(shape.size()));
  const int64_t size = height * width * channels;
  for (int64_t i = 0; size > 0 && i < shape.size() / size; ++i) {
    const Bordered image =
        with_border(images.data<uint8_t>() + i * size, height, width, channels, border, inside);
    uint8_t* to = static_cast<uint8_t*>(buffer->data()) + i * size;
    parallel_for(height, 8, [&](int64_t begin, int64_t end) { f(image, begin, end, to); });
  }
  return Tensor::wrap(std::move(buffer), {DType::kUInt8, shape});
}

uint8_t rounded(float value) { return static_cast<uint8_t>(std::clamp(std::nearbyint(value), 0.0f, 255.0f)); }

/// A Gaussian of `size` numbers, in 1/256, of the sum 256: what is lost by rounding goes to the next number.
std::vector<uint32_t> gaussian_kernel(int size, double sigma) {
  const auto n = static_cast<size_t>(size);
  std::vector<double> kernel(n);
  static const std::vector<std::vector<double>> kBinomial = {{1},
                                                             {64, 128, 64},
                                                             {16, 64, 96, 64, 16},
                                                             {8, 28, 56, 72, 56, 28, 8},
                                                             {4, 13, 30, 51, 60, 51, 30, 13, 4}};
  if (sigma <= 0 && n / 2 < kBinomial.size()) {
    for (size_t i = 0; i < n; ++i) kernel[i] = kBinomial[n / 2][i];
  } else {
    if (sigma <= 0) sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8;
    for (size_t i = 0; i < n; ++i) {
      const double x = static_cast<double>(i) - (size - 1) * 0.5;
      kernel[i] = std::exp(-0.5 * x * x / (sigma * sigma));
    }
  }
  double sum = 0, error = 0;
  for (const double k : kernel) sum += k;
  std::vector<uint32_t> fixed(n);
  uint32_t spent = 0;
  for (size_t i = 0; i < n / 2; ++i) {
    const double exact = kernel[i] / sum * 256 + error;
    fixed[i] = fixed[n - 1 - i] = static_cast<uint32_t>(std::nearbyint(exact));
    error = exact - fixed[i];
    spent += 2 * fixed[i];
  }
  fixed[n / 2] = 256 - spent;
  return fixed;
}

}  // namespace

Tensor median_blur(const Tensor& images, int size) {
  check_odd("median_blur", "size", size, 255);
  const int64_t half = size / 2;
  // A histogram goes along each row: pixels leave it on the left and enter on the right (T. Huang, G. Yang
  // and G. Tang, 1979).
  const auto rows = [half, size](const Bordered& image, int64_t begin, int64_t end, uint8_t* to) {
    const int below = size * size / 2;
    for (int64_t c = 0; c < image.channels; ++c) {
      for (int64_t y = begin; y < end; ++y) {
        std::array<int, 256> count{};
        const auto add = [&](int64_t x, int by) {
          for (int64_t r = y - half; r <= y + half; ++r) count[image.at(r, x)[c]] += by;
        };
        for (int64_t x = -half; x < half; ++x) add(x, 1);
        int median = 0, less = 0;  // numbers below the median
        for (int64_t x = 0; x < image.width; ++x) {
          add(x + half, 1);
          less = 0;
          for (median = 0; less + count[static_cast<size_t>(median)] <= below; ++median)
            less += count[static_cast<size_t>(median)];
          to[(y * image.width + x) * image.channels + c] = static_cast<uint8_t>(median);
          add(x - half, -1);
        }
      }
    }
  };
  return filtered("median_blur", images, half, clamped, rows);
}

Tensor gaussian_blur(const Tensor& images, const GaussianBlurOptions& options) {
  if (options.sigma != 0) check_positive("gaussian_blur", "sigma", options.sigma);
  if (options.size == 0 && options.sigma == 0) fail("gaussian_blur", "give size or sigma");
  const int wide = static_cast<int>(std::min(999.0, std::nearbyint(options.sigma * 6 + 1))) | 1;
  const int size = options.size == 0 ? wide : options.size;
  check_odd("gaussian_blur", options.size == 0 ? "the size that sigma needs" : "size", size, 255);
  const int64_t half = size / 2;
  const std::vector<uint32_t> kernel = gaussian_kernel(size, options.sigma);
  const auto rows = [&](const Bordered& image, int64_t begin, int64_t end, uint8_t* to) {
    const int64_t row = image.width * image.channels;
    // Sums along rows in 1/256, of as many rows as the kernel has.
    std::vector<uint16_t> across(static_cast<size_t>((end - begin + 2 * half) * row));
    for (int64_t y = begin - half; y < end + half; ++y) {
      uint16_t* sums = across.data() + (y - begin + half) * row;
      for (int64_t i = 0; i < row; ++i) {
        uint32_t sum = 0;
        const uint8_t* from = image.at(y, -half) + i;
        for (size_t k = 0; k < kernel.size(); ++k)
          sum += kernel[k] * from[static_cast<int64_t>(k) * image.channels];
        sums[i] = static_cast<uint16_t>(std::min<uint32_t>(sum, 65535));
      }
    }
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t i = 0; i < row; ++i) {
        uint32_t sum = 1 << 15;
        for (size_t k = 0; k < kernel.size(); ++k)
          sum += kernel[k] * across[static_cast<size_t>((y - begin + static_cast<int64_t>(k)) * row + i)];
        to[y * row + i] = static_cast<uint8_t>(std::min<uint32_t>(sum >> 16, 255));
      }
    }
  };
  return filtered("gaussian_blur", images, half, mirrored, rows);
}

Tensor bilateral_filter(const Tensor& images, const BilateralFilterOptions& options) {
  check_positive("bilateral_filter", "sigma_color", options.sigma_color);
  check_positive("bilateral_filter", "sigma_space", options.sigma_space);
  const double wide = std::nearbyint(options.sigma_space * 1.5);
  const int radius = std::max(1, options.d > 0 ? options.d / 2 : static_cast<int>(std::min(wide, 1e4)));
  if (options.d < 0 || radius > 49)
    fail("bilateral_filter", "d must be from 1 to 99, or 0 with a sigma_space up to 33; got " +
                                 std::to_string(options.d) + " and " + std::to_string(options.sigma_space));
  const double of_color = -0.5 / (options.sigma_color * options.sigma_color);
  const double of_space = -0.5 / (options.sigma_space * options.sigma_space);
  std::vector<float> color(3 * 256);
  for (size_t i = 0; i < color.size(); ++i)
    color[i] = static_cast<float>(std::exp(static_cast<double>(i * i) * of_color));
  struct Near {
    int y, x;
    float weight;
  };
  std::vector<Near> around;
  for (int y = -radius; y <= radius; ++y) {
    for (int x = -radius; x <= radius; ++x) {
      const double r = std::sqrt(static_cast<double>(y) * y + static_cast<double>(x) * x);
      if (r <= radius) around.push_back({y, x, static_cast<float>(std::exp(r * r * of_space))});
    }
  }
  const auto rows = [&](const Bordered& image, int64_t begin, int64_t end, uint8_t* to) {
    const int64_t channels = image.channels;
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t x = 0; x < image.width; ++x) {
        const uint8_t* middle = image.at(y, x);
        std::array<float, 3> sums{};
        float weights = 0;
        for (const Near& each : around) {
          const uint8_t* pixel = image.at(y + each.y, x + each.x);
          int difference = 0;
          for (int64_t c = 0; c < channels; ++c) difference += std::abs(pixel[c] - middle[c]);
          const float weight = each.weight * color[static_cast<size_t>(difference)];
          for (int64_t c = 0; c < channels; ++c)
            sums[static_cast<size_t>(c)] += static_cast<float>(pixel[c]) * weight;
          weights += weight;
        }
        for (int64_t c = 0; c < channels; ++c)
          to[(y * image.width + x) * channels + c] = rounded(sums[static_cast<size_t>(c)] / weights);
      }
    }
  };
  return filtered("bilateral_filter", images, radius, mirrored, rows);
}

Tensor non_local_means(const Tensor& images, const NonLocalMeansOptions& options) {
  check_positive("non_local_means", "h", options.h);
  check_odd("non_local_means", "template_window_size", options.template_window_size, 21);
  check_odd("non_local_means", "search_window_size", options.search_window_size, 99);
  const int64_t near = options.template_window_size / 2, far = options.search_window_size / 2;
  const int area = options.template_window_size * options.template_window_size;
  int shift = 0;  // distances are divided by a power of two near the area
  while (1 << shift < area) ++shift;
  const double per_step = static_cast<double>(1 << shift) / area;
  const int one =
      std::numeric_limits<int>::max() / (options.search_window_size * options.search_window_size * 255);

  const auto rows = [&](const Bordered& image, int64_t begin, int64_t end, uint8_t* to) {
    const int64_t channels = image.channels, width = image.width;
    const double most = 255.0 * 255.0 * static_cast<double>(channels);
    std::vector<int> weight_of(static_cast<size_t>(most / per_step + 1) + 1);
    for (size_t i = 0; i < weight_of.size(); ++i) {
      const double distance = static_cast<double>(i) * per_step;
      const int weight = static_cast<int>(std::nearbyint(
          one * std::exp(-distance / (options.h * options.h * static_cast<double>(channels)))));
      weight_of[i] = weight < 0.001 * one ? 0 : weight;
    }
    std::vector<int> weights(static_cast<size_t>((end - begin) * width));
    std::vector<uint32_t> sums(weights.size() * static_cast<size_t>(channels));
    const int64_t wide = width + 2 * near;
    std::vector<int> columns(static_cast<size_t>(wide));
    // For each way to move the image: squared differences of all pixels, summed over neighbourhoods.
    for (int64_t dy = -far; dy <= far; ++dy) {
      for (int64_t dx = -far; dx <= far; ++dx) {
        const auto add_row = [&](int64_t y, int sign) {
          const uint8_t *a = image.at(y, -near), *b = image.at(y + dy, dx - near);
          for (int64_t x = 0; x < wide; ++x) {
            int square = 0;
            for (int64_t c = 0; c < channels; ++c, ++a, ++b) square += (*a - *b) * (*a - *b);
            columns[static_cast<size_t>(x)] += sign * square;
          }
        };
        std::fill(columns.begin(), columns.end(), 0);
        for (int64_t y = begin - near; y < begin + near; ++y) add_row(y, 1);
        for (int64_t y = begin; y < end; ++y) {
          add_row(y + near, 1);
          int distance = 0;
          for (int64_t x = 0; x < 2 * near; ++x) distance += columns[static_cast<size_t>(x)];
          for (int64_t x = 0; x < width; ++x) {
            distance += columns[static_cast<size_t>(x + 2 * near)];
            const auto at = static_cast<size_t>((y - begin) * width + x);
            const int weight = weight_of[static_cast<size_t>(distance >> shift)];
            distance -= columns[static_cast<size_t>(x)];
            if (weight == 0) continue;
            weights[at] += weight;
            const uint8_t* pixel = image.at(y + dy, x + dx);
            for (int64_t c = 0; c < channels; ++c)
              sums[at * static_cast<size_t>(channels) + static_cast<size_t>(c)] +=
                  static_cast<uint32_t>(weight * pixel[c]);
          }
          add_row(y - near, -1);
        }
      }
    }
    for (size_t i = 0; i < sums.size(); ++i) {
      const auto weight = static_cast<uint32_t>(weights[i / static_cast<size_t>(channels)]);
      to[begin * width * channels + static_cast<int64_t>(i)] =
          static_cast<uint8_t>((sums[i] + weight / 2) / weight);
    }
  };
  return filtered("non_local_means", images, near + far, mirrored, rows);
}

}  // namespace lamina::image
