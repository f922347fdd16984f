// Kernels of products with weights of 8 and 4 bits, and of bfloat16.
#include <algorithm>
#include <bit>

#include "lamina/backend/cpu/detail/onednn.h"
#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/few_rows.h"
#include "lamina/ops/detail/half_casts.h"
#include "lamina/ops/detail/quantize_weights.h"
#include "lamina/ops/detail/quantized_lines.h"

namespace lamina {
namespace {

/// Bytes of the matrix, times a fourth of the rows, that a thread is worth waking for.
constexpr int64_t kGrain = 1 << 18;

std::optional<std::string> refuses(const KernelDesc& desc) {
  if (desc.inputs[0].type.dtype != DType::kFloat32) return "only for x of float32";
  if (desc.inputs[0].type.shape.size() == 0 || desc.inputs[1].type.shape.size() == 0)
    return "an operand is empty";
  return std::nullopt;
}

int64_t rows_of(const KernelDesc& desc) {
  return desc.outputs[0].type.shape.size() / desc.inputs[1].type.shape[0];
}

// ---- 8 and 4 bits

std::optional<std::string> refuses_quantized(const KernelDesc& desc) {
  if (desc.inputs[2].type.dtype != DType::kFloat32) return "only for scales of float32";
  return refuses(desc);
}

std::unique_ptr<Kernel> prepare_quantized(const KernelDesc& desc) {
  const TensorType &w = desc.inputs[1].type, &scales = desc.inputs[2].type;
  const detail::QuantizedLines p{rows_of(desc), w.shape[0], desc.inputs[0].type.shape[-1],
                                 w.dtype == DType::kUInt8 ? 4 : 8,
                                 scales.shape.rank() == 1 ? 1 : scales.shape[1]};
  constexpr int64_t kColumns = detail::QuantizedLines::kColumns;
  const int64_t grain =
      std::max<int64_t>(1, kGrain / (kColumns * p.line_bytes() * std::max<int64_t>(1, p.m / 4)));
  return make_kernel(
      [=](const KernelArgs& args) {
        auto* const rows = static_cast<uint8_t*>(args.workspace);
        parallel_for(p.m, std::max<int64_t>(1, 32768 / p.k), [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i)
            detail::quantize_row(p, args.input<float>(0) + i * p.k, rows + i * p.row_bytes());
        });
        parallel_for((p.n + kColumns - 1) / kColumns, grain, [&](int64_t begin, int64_t end) {
          detail::quantized_lines(p, rows, args.input<uint8_t>(1), args.input<float>(2),
                                  args.output<float>(0), begin * kColumns, std::min(p.n, end * kColumns));
        });
      },
      static_cast<size_t>(p.m * p.row_bytes()));
}

const KernelRegistration kQuantized(
    "quantized_matmul", DeviceKind::kCpu,
    {{.name = "lines", .refuses = refuses_quantized, .prepare = prepare_quantized}});

// ---- The integers of weights

std::optional<std::string> refuses_quantize(const KernelDesc& desc) {
  if (desc.inputs[0].type.dtype != DType::kFloat32) return "only for float32";
  if (desc.inputs[0].type.shape.size() == 0) return "there are no weights";
  return std::nullopt;
}

/// The scale of `count` numbers.
float scale_of(const float* w, int64_t count, float largest) {
  // Floats without their sign are in the order of their bits, and integers are compared many at a time.
  int32_t most = 0;
  for (int64_t i = 0; i < count; ++i) most = std::max(most, std::bit_cast<int32_t>(w[i]) & 0x7fffffff);
  return std::bit_cast<float>(most) / largest;
}

/// w / scale, rounded half to even: what is added leaves no place for halves.
void round_group(const float* w, int64_t count, float scale, float largest, int8_t* to) {
  constexpr float kNoHalves = 12582912;  // 1.5 * 2^23
  const float divisor = scale > 0 ? scale : 1;
  for (int64_t i = 0; i < count; ++i) {
    const float v = w[i] / divisor;
    const float within = v > largest ? largest : (v >= -largest ? v : (v == v ? -largest : 0));
    to[i] = static_cast<int8_t>(static_cast<int32_t>((within + kNoHalves) - kNoHalves));
  }
}

std::unique_ptr<Kernel> prepare_quantize(const KernelDesc& desc) {
  const auto attrs = desc.attrs.as<detail::QuantizeWeightsAttrs>();
  const int64_t k = desc.inputs[0].type.shape[1], group = attrs.group == 0 ? k : attrs.group;
  const int64_t groups = desc.inputs[0].type.shape.size() / group;
  return make_kernel([=, largest = attrs.largest(), packed = attrs.bits == 4](const KernelArgs& args) {
    parallel_for(groups, std::max<int64_t>(1, 32768 / group), [&](int64_t begin, int64_t end) {
      constexpr int64_t kPiece = 256;
      int8_t piece[kPiece];
      for (int64_t g = begin; g < end; ++g) {
        const float* const from = args.input<float>(0) + g * group;
        const float scale = scale_of(from, group, largest);
        args.output<float>(1)[g] = scale;
        if (!packed) {
          round_group(from, group, scale, largest, args.output<int8_t>(0) + g * group);
          continue;
        }
        uint8_t* const to = args.output<uint8_t>(0) + g * group / 2;
        for (int64_t first = 0; first < group; first += kPiece) {
          const int64_t count = std::min(kPiece, group - first);
          round_group(from + first, count, scale, largest, piece);
          for (int64_t i = 0; i < count / 2; ++i)
            to[first / 2 + i] = static_cast<uint8_t>((piece[2 * i] + 8) | (piece[2 * i + 1] + 8) << 4);
        }
      }
    });
  });
}

const KernelRegistration kQuantize(
    "quantize_weights", DeviceKind::kCpu,
    {{.name = "groups", .refuses = refuses_quantize, .prepare = prepare_quantize}});

// ---- What the integers stand for

std::optional<std::string> refuses_dequantize(const KernelDesc& desc) {
  if (desc.inputs[1].type.dtype != DType::kFloat32) return "only for scales of float32";
  return std::nullopt;
}

void dequantize_group(const int8_t* from, int64_t count, float scale, float* to) {
  for (int64_t i = 0; i < count; ++i) to[i] = static_cast<float>(from[i]) * scale;
}

/// Of pairs of numbers, each plus 8.
void dequantize_group(const uint8_t* from, int64_t count, float scale, float* to) {
  for (int64_t i = 0; i < count / 2; ++i) {
    to[2 * i] = static_cast<float>((from[i] & 15) - 8) * scale;
    to[2 * i + 1] = static_cast<float>((from[i] >> 4) - 8) * scale;
  }
}

template <class T>
std::unique_ptr<Kernel> prepare_dequantize_of(const KernelDesc& desc) {
  const Shape& s = desc.inputs[1].type.shape;
  const int64_t k = desc.outputs[0].type.shape[-1], groups = s.size();
  const int64_t group = k / s[-1], bytes = std::is_same_v<T, int8_t> ? group : group / 2;
  return make_kernel([=](const KernelArgs& args) {
    parallel_for(groups, std::max<int64_t>(1, 32768 / std::max<int64_t>(1, group)),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t g = begin; g < end; ++g)
                     dequantize_group(args.input<T>(0) + g * bytes, group, args.input<float>(1)[g],
                                      args.output<float>(0) + g * group);
                 });
  });
}

std::unique_ptr<Kernel> prepare_dequantize(const KernelDesc& desc) {
  return desc.inputs[0].type.dtype == DType::kInt8 ? prepare_dequantize_of<int8_t>(desc)
                                                   : prepare_dequantize_of<uint8_t>(desc);
}

const KernelRegistration kDequantize(
    "dequantize_weights", DeviceKind::kCpu,
    {{.name = "groups", .refuses = refuses_dequantize, .prepare = prepare_dequantize}});

// ---- bfloat16

/// Rows up to which the weights are widened in registers, and lines that are widened at a time for more.
constexpr int64_t kMostRows = 32;
constexpr int64_t kLines = 512;

std::unique_ptr<Kernel> prepare_few_rows(const detail::FewRows& p) {
  constexpr int64_t kColumns = detail::FewRows::kColumns;
  const int64_t grain = std::max<int64_t>(1, kGrain / (kColumns * 2 * p.k * std::max<int64_t>(1, p.m / 4)));
  return make_kernel([=](const KernelArgs& args) {
    parallel_for((p.n + kColumns - 1) / kColumns, grain, [&](int64_t begin, int64_t end) {
      detail::few_rows_by_lines(p, args.input<float>(0), args.input<BFloat16>(1), nullptr,
                                args.output<float>(0), begin * kColumns, std::min(p.n, end * kColumns));
    });
  });
}

std::unique_ptr<Kernel> prepare_bfloat16(const KernelDesc& desc) {
  const int64_t m = rows_of(desc), n = desc.inputs[1].type.shape[0], k = desc.inputs[1].type.shape[1];
  if (m <= kMostRows) return prepare_few_rows({m, n, k, k, k, n, false});
  return make_kernel(
      [=](const KernelArgs& args) {
        auto* const wide = static_cast<float*>(args.workspace);
        for (int64_t first = 0; first < n; first += kLines) {
          const int64_t lines = std::min(kLines, n - first);
          parallel_for(lines, std::max<int64_t>(1, 32768 / k), [&](int64_t begin, int64_t end) {
            detail::widen_halves(args.input<BFloat16>(1) + (first + begin) * k,
                                 static_cast<size_t>((end - begin) * k), wide + begin * k);
          });
          onednn::sgemm(false, true, m, lines, k, args.input<float>(0), k, wide, k,
                        args.output<float>(0) + first, n);
        }
      },
      static_cast<size_t>(std::min(kLines, n) * k) * sizeof(float));
}

const KernelRegistration kBFloat16("bfloat16_matmul", DeviceKind::kCpu,
                                   {{.name = "lines", .refuses = refuses, .prepare = prepare_bfloat16}});

}  // namespace
}  // namespace lamina
