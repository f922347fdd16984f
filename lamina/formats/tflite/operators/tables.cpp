// Tables of functions for integers of 8 and 16 bits.
#include "lamina/formats/tflite/operators/tables.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "lamina/formats/tflite/operators/fixed_point.h"

namespace lamina::tflite {
namespace {

// The logistic function at i / 24, times 2^16; chosen so that lines between them err little.
constexpr std::array<int64_t, 256> kLogistic{
    32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794, 41432, 42064,
    42688, 43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443, 48964, 49475, 49975, 50464,
    50942, 51409, 51865, 52311, 52745, 53169, 53581, 53983, 54374, 54755, 55125, 55485, 55834, 56174, 56503,
    56823, 57133, 57433, 57724, 58007, 58280, 58544, 58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370,
    60565, 60753, 60935, 61110, 61279, 61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666,
    62778, 62886, 62990, 63090, 63186, 63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968,
    64030, 64090, 64148, 64204, 64257, 64308, 64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652, 64687,
    64721, 64754, 64786, 64816, 64845, 64873, 64900, 64926, 64950, 64974, 64997, 65019, 65039, 65060, 65079,
    65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208, 65221, 65234, 65246, 65258, 65269, 65280, 65291,
    65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360, 65367, 65374, 65381, 65387, 65393, 65399, 65404,
    65410, 65415, 65420, 65425, 65429, 65433, 65438, 65442, 65445, 65449, 65453, 65456, 65459, 65462, 65465,
    65468, 65471, 65474, 65476, 65479, 65481, 65483, 65485, 65488, 65489, 65491, 65493, 65495, 65497, 65498,
    65500, 65501, 65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513, 65514, 65515, 65516,
    65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524, 65525, 65525,
    65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529, 65529, 65530, 65530, 65530,
    65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532, 65532, 65532, 65532, 65533, 65533, 65533,
    65533, 65533, 65533, 65533, 65533, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534,
    65535};

// The argument in steps of 3 / 2^(bits of the fraction) for the table: x * scale * 4096 * 3 / 2^shift, halves
// up.
int64_t step_of(int64_t x, float scale) {
  const float log2 = std::log2(scale);
  const float whole = std::round(log2);
  // Scales that are powers of two are shifted exactly.
  if (std::fabs(log2 - whole) < 1e-3F && whole + 12 >= 0)
    return x * (int64_t{3} << std::min(static_cast<int>(whole) + 12, 24));
  double factor = static_cast<double>(scale) * 4096.0 * 3.0;
  int shift = 0;
  while (factor <= 32767.0 / 2.0 && shift <= 30) {
    ++shift;
    factor *= 2;
  }
  const auto m = static_cast<int64_t>(factor);
  const int64_t half = shift > 0 ? int64_t{1} << (shift - 1) : 0;
  return (x * m + half) >> shift;
}

}  // namespace

int64_t logistic_of_16_bits(int64_t x, float scale) {
  const int64_t step = step_of(x, scale), size = std::abs(step), place = size >> 9;
  int64_t result = int64_t{0x7FFF} << 10;
  if (place < 255) {
    const int64_t low = kLogistic[static_cast<size_t>(place)],
                  high = kLogistic[static_cast<size_t>(place) + 1];
    result = (low << 9) + (size & 0x1FF) * (high - low);
  }
  result = step >= 0 ? result + (1 << 9) : (1 << 25) - result + (1 << 9) - 1;
  return result >> 10;
}

int64_t tanh_of_16_bits(int64_t x, float scale) {
  const int64_t step = step_of(x, scale), size = std::abs(step), place = size >> 8;
  int64_t result = int64_t{0xFFFF} << 8;
  if (place < 255) {
    const int64_t low = kLogistic[static_cast<size_t>(place)],
                  high = kLogistic[static_cast<size_t>(place) + 1];
    result = (low << 8) + (size & 0xFF) * (high - low);
  }
  result = step >= 0 ? result - (1 << 23) + (1 << 7) : -result + (1 << 23) + (1 << 7) - 1;
  return result >> 8;
}

template <class Real>
std::vector<int64_t> line_of_pieces(const std::function<Real(Real)>& f, Real in_scale, int64_t in_zero,
                                    Real out_scale, int64_t out_zero) {
  constexpr int kSteps = 512;
  const Real lowest = in_scale * static_cast<Real>(-32768 - in_zero),
             highest = in_scale * static_cast<Real>(32767 - in_zero);
  const Real least = out_scale * static_cast<Real>(-32768 - out_zero),
             most = out_scale * static_cast<Real>(32767 - out_zero);
  const Real step = (highest - lowest) / kSteps, factor = Real{65536} / (most - least);
  const auto bounded = [](Real y) {
    return static_cast<int64_t>(std::isnan(y) ? 0 : std::min(std::max(y, Real{-32768}), Real{32767}));
  };
  std::vector<int64_t> line;
  for (int i = 0; i < kSteps; ++i) {
    const Real at = lowest + static_cast<Real>(i) * step;
    const Real here = f(at), middle = f(at + step / 2), next = f(lowest + static_cast<Real>(i + 1) * step);
    const Real sample = std::round(here * factor);
    const Real between = std::round((next * factor + std::round(here * factor)) / 2);
    const Real error = between - std::round(middle * factor);
    line.push_back(bounded(sample - std::round(error / 2)));
  }
  line.push_back(bounded(std::round(f(highest) * factor)));
  return line;
}
template std::vector<int64_t> line_of_pieces<float>(const std::function<float(float)>&, float, int64_t, float,
                                                    int64_t);
template std::vector<int64_t> line_of_pieces<double>(const std::function<double(double)>&, double, int64_t,
                                                     double, int64_t);

int64_t on_line(const std::vector<int64_t>& line, int64_t x) {
  const auto place = static_cast<size_t>(256 + (x >> 7));
  const int64_t slope = line[place + 1] - line[place];
  return line[place] + ((slope * (x & 0x7F) + 64) >> 7);
}

Value function_by_table(const Call& call, const std::function<float(float)>& f) {
  const Quantization in = input_quantization(call, 0), out = output_quantization(call);
  const Range range = range_of(output_type(call));
  if (onnx::bits(call.element(0)) > 8) {
    const std::vector<int64_t> line =
        line_of_pieces<float>(f, in.scale(), in.zero(), out.scale(), out.zero());
    return by_table(call,
                    [&](int64_t x) { return std::clamp(on_line(line, x), range.lowest, range.highest); });
  }
  const float inverse = 1 / out.scale(), zero = static_cast<float>(out.zero());
  return by_table(call, [&](int64_t x) {
    const float y = std::round(f(in.scale() * static_cast<float>(x - in.zero())) * inverse) + zero;
    if (std::isnan(y)) return range.lowest;
    return static_cast<int64_t>(
        std::clamp(y, static_cast<float>(range.lowest), static_cast<float>(range.highest)));
  });
}

}  // namespace lamina::tflite
