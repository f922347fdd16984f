// SignalFilterBank and what follows it: the energy of frequencies as that of bands, without noise, with a steady loudness,
// as logarithms. Unsigned integers of 32 and 64 bits, which wrap as in the reference.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "lamina/formats/tflite/operators/signal.h"

namespace lamina::tflite {
namespace {

uint32_t u32(int64_t x) { return static_cast<uint32_t>(x); }

// Each frequency is shared by two bands: `weights` go to the one that it lies in, `unweights` to the next. What lies before
// the first band is left out.
std::vector<Value> filter_bank(Call& call) {
  const int64_t bands = signal_option(call, "num_channels", 1, 1 << 16);
  const auto energy = signal_input<uint32_t>(call, 0);
  const auto weights = signal_input<int16_t>(call, 1), unweights = signal_input<int16_t>(call, 2),
             frequencies = signal_input<int16_t>(call, 3), starts = signal_input<int16_t>(call, 4),
             widths = signal_input<int16_t>(call, 5);
  const auto count = static_cast<size_t>(bands) + 1;
  if (frequencies.size() < count || starts.size() < count || widths.size() < count)
    call.fail(fmt::format("has {} channels; expected {} starts and widths", bands, count));
  std::vector<uint64_t> sums;
  uint64_t carried = 0;
  for (size_t band = 0; band < count; ++band) {
    uint64_t weighed = carried, unweighed = 0;
    const int64_t from = frequencies[band], at = starts[band], width = std::max<int64_t>(widths[band], 0);
    const auto within = [&](int64_t begin, size_t size) {
      return begin >= 0 && begin + width <= static_cast<int64_t>(size);
    };
    if (width > 0 && !(within(from, energy.size()) && within(at, weights.size()) && within(at, unweights.size())))
      call.fail(fmt::format("channel {} reads outside of its frequencies or weights", band));
    for (int64_t i = 0; i < width; ++i) {
      const uint64_t value = energy[static_cast<size_t>(from + i)];
      weighed += static_cast<uint64_t>(int64_t{weights[static_cast<size_t>(at + i)]}) * value;
      unweighed += static_cast<uint64_t>(int64_t{unweights[static_cast<size_t>(at + i)]}) * value;
    }
    sums.push_back(weighed);
    carried = unweighed;
  }
  sums.erase(sums.begin());
  return {signal_output(call, sums, Shape{bands})};
}

// The nearest root. Its largest number of 64 or, where x has no more, 32 bits is not rounded up.
uint32_t rounded_root(uint64_t x) {
  auto root = static_cast<uint64_t>(std::sqrt(static_cast<double>(x)));
  root = std::min<uint64_t>(root, UINT32_MAX);
  while (root > 0 && root * root > x) --root;
  while (root < UINT32_MAX && (root + 1) * (root + 1) <= x) ++root;
  const uint64_t most = x >> 32 == 0 ? UINT16_MAX : UINT32_MAX;
  return static_cast<uint32_t>(x - root * root > root && root != most ? root + 1 : root);
}

std::vector<Value> filter_bank_square_root(Call& call) {
  const std::vector<int64_t> bits = call.known_integers(1);
  if (bits.size() != 1 || bits[0] < 0 || bits[0] > 31) call.fail("its scale is no number of bits from 0 to 31");
  std::vector<uint32_t> roots;
  for (const uint64_t sum : signal_input<uint64_t>(call, 0)) roots.push_back(rounded_root(sum) >> bits[0]);
  return {signal_output(call, roots, call[0].shape())};
}

// The noise is what the bands had before, which is nothing: each call begins anew. Bands of odd numbers forget at another
// rate.
std::vector<Value> spectral_subtraction(Call& call) {
  constexpr int64_t kMost = INT32_MAX;
  const int64_t bands = signal_option(call, "num_channels", 1, 1 << 16);
  const int64_t bits = signal_option(call, "spectral_subtraction_bits", 0, 63),
                smoothing_bits = signal_option(call, "smoothing_bits", 0, 31);
  const auto share = [&](const char* name) { return static_cast<uint64_t>(signal_option(call, name, 0, kMost)); };
  const uint64_t smoothing[2] = {share("smoothing"), share("alternate_smoothing")}, least = share("min_signal_remaining");
  call.ignore({"one_minus_smoothing", "alternate_one_minus_smoothing"});  // by which the noise of earlier calls would weigh
  const bool clamping = option(call, "clamping") != 0;
  const auto signal = signal_input<uint32_t>(call, 0);
  if (static_cast<int64_t>(signal.size()) != bands)
    call.fail(fmt::format("has {} channels, and a signal of {}", bands, signal.size()));
  std::vector<uint32_t> left, noise;
  for (size_t i = 0; i < signal.size(); ++i) {
    const uint32_t raised = signal[i] << smoothing_bits;
    auto estimate = static_cast<uint32_t>(raised * smoothing[i % 2] >> bits);
    const uint32_t taken = std::min(estimate, raised);
    if (clamping) estimate = taken;
    const auto floor = static_cast<uint32_t>(signal[i] * least >> bits);
    left.push_back(std::max((raised - taken) >> smoothing_bits, floor));
    noise.push_back(estimate);
  }
  return {signal_output(call, left, call[0].shape()), signal_output(call, noise, call[0].shape(), 1)};
}

// A gain by pieces of parabolas, one for each power of two, of which the table has four numbers.
int16_t gain_of(const Call& call, uint32_t x, const std::vector<int16_t>& table) {
  const auto entry = [&](int64_t i) -> int32_t {
    if (i < 0 || i >= static_cast<int64_t>(table.size()))
      call.fail(fmt::format("its table of gains has {} numbers, which do not reach to {}", table.size(), x));
    return table[static_cast<size_t>(i)];
  };
  if (x <= 2) return static_cast<int16_t>(entry(x));
  const int bits = 32 - std::countl_zero(x);
  const int64_t at = 4 * int64_t{bits} - 6;
  const auto fraction = static_cast<int64_t>((bits < 11 ? x << (11 - bits) : x >> (bits - 11)) & 0x3FF);
  int64_t result = (entry(at + 2) * fraction) >> 5;
  result += int64_t{entry(at + 1)} * 32;
  // In 32 bits, as the reference has it.
  result = static_cast<int32_t>(u32(result * fraction));
  result = (result + (1 << 14)) >> 15;
  return static_cast<int16_t>(result + entry(at));
}

// x^2 / 4 below 2, x - 1 from there: with 12 bits behind the point, and 6 in the result.
uint32_t shrunk(uint32_t x) {
  constexpr uint32_t kInBits = 12, kOutBits = 6;
  if (x < (2U << kInBits)) return (x * x) >> (2 + 2 * kInBits - kOutBits);
  return (x >> (kInBits - kOutBits)) - (1U << kOutBits);
}

std::vector<Value> automatic_gain(Call& call) {
  const int64_t shift = signal_option(call, "snr_shift", 0, 63);
  const auto signal = signal_input<uint32_t>(call, 0), noise = signal_input<uint32_t>(call, 1);
  const auto table = signal_input<int16_t>(call, 2);
  if (noise.size() != signal.size())
    call.fail(fmt::format("has a signal of {} and noise of {}", signal.size(), noise.size()));
  std::vector<uint32_t> result;
  for (size_t i = 0; i < signal.size(); ++i) {
    const uint32_t gain = u32(gain_of(call, noise[i], table));
    result.push_back(shrunk(static_cast<uint32_t>(uint64_t{signal[i]} * gain >> shift)));
  }
  return {signal_output(call, result, call[0].shape())};
}

// log2(1 + x) - x over 128 pieces of [0, 1], times 2^16. The last two pieces end where the function does, in 0.
struct LogTable {
  LogTable() {
    for (size_t i = 0; i < 128; ++i)
      values[i] = static_cast<int32_t>(
          std::lround(65536 * (std::log2(1 + static_cast<double>(i) / 128) - static_cast<double>(i) / 128)));
  }
  int32_t values[129] = {};
};

// The natural logarithm of x > 1, times `scale`, by linear pieces in integers.
uint32_t scaled_log(uint32_t x, uint32_t scale) {
  static const LogTable kTable;
  constexpr uint32_t kOne = 1U << 16, kHalf = kOne / 2, kLogOf2 = 45426;
  const auto whole = static_cast<uint32_t>(31 - std::countl_zero(x));
  const auto above = static_cast<uint32_t>(x - (uint64_t{1} << whole));
  const auto fraction = static_cast<int32_t>(whole < 16 ? above << (16 - whole) : above >> (whole - 16));
  const int32_t piece = fraction >> 9;
  const int32_t from = kTable.values[piece], to = kTable.values[piece + 1];
  const int32_t correction = ((to - from) * (fraction - (piece << 9))) >> 16;
  const uint32_t log2 = (whole << 16) + static_cast<uint32_t>(fraction + from + correction);
  const auto log = static_cast<uint32_t>((uint64_t{kLogOf2} * log2 + kHalf) >> 16);
  return (scale * log + kHalf) >> 16;
}

std::vector<Value> filter_bank_log(Call& call) {
  const int64_t bits = signal_option(call, "input_correction_bits", 0, 31);
  const auto scale = u32(signal_option(call, "output_scale", 0, INT32_MAX));
  std::vector<int16_t> logs;
  for (const uint32_t value : signal_input<uint32_t>(call, 0)) {
    const uint32_t raised = value << bits;
    logs.push_back(raised > 1 ? static_cast<int16_t>(std::min<uint32_t>(scaled_log(raised, scale), INT16_MAX)) : int16_t{0});
  }
  return {signal_output(call, logs, call[0].shape())};
}

const bool kSignalBandsRegistered[] = {custom<filter_bank>("SignalFilterBank"),
                                       custom<filter_bank_square_root>("SignalFilterBankSquareRoot"),
                                       custom<spectral_subtraction>("SignalFilterBankSpectralSubtraction"),
                                       custom<automatic_gain>("SignalPCAN"),
                                       custom<filter_bank_log>("SignalFilterBankLog")};

}  // namespace
}  // namespace lamina::tflite
