// Convolutions of float64 in groups, and their gradients: oneDNN has none. Of a few filters at a time the
// channels that each of them reads are spread out side by side, so that one vector works for all of them,
// whatever the groups.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/add_bias.h"
#include "lamina/ops/detail/filter_groups.h"
#include "lamina/ops/detail/operand_types.h"

namespace lamina {
namespace {

using detail::ConvShape;
using detail::FilterBlock;
using detail::FilterGroups;
using detail::GroupAxis;

constexpr int64_t kFilters = FilterBlock::kFilters;

/// Each of `places` threads does every so many of `parts`, each with memory of its own: f(part, memory).
void share(int64_t parts, int64_t places, double multiplications, double* memory, int64_t memory_each,
           const auto& f) {
  parallel_parts(places, 0.1 * multiplications, [&](int64_t begin, int64_t end) {
    for (int64_t place = begin; place < end; ++place) {
      for (int64_t part = place; part < parts; part += places) f(part, memory + place * memory_each);
    }
  });
}

/// Results of `g` from an image. kernel_at(i, j, channel, filter): where that number of the kernel lies.
void convolve(const FilterGroups& g, int64_t places, const double* image, const double* kernel,
              const auto& kernel_at, double* out, double* memory, int64_t memory_each) {
  share(g.batch * g.blocks(), places, static_cast<double>(g.multiplications()), memory, memory_each,
        [&](int64_t part, double* lines) {
          const int64_t n = part / g.blocks(), filter = part % g.blocks() * kFilters;
          const int64_t inside = std::min(kFilters, g.filters - filter);
          double* const packed = lines + g.lines();
          double* const edge = packed + g.channels_at_once * g.taps() * kFilters;
          const double* const from = image + n * g.rows.input * g.columns.input * g.channels;
          g.each_channels([&](int64_t channel, int64_t count) {
            double* next = packed;
            for (int64_t c = channel; c < channel + count; ++c) {
              for (int64_t tap = 0; tap < g.taps(); ++tap, next += kFilters) {
                for (int64_t lane = 0; lane < inside; ++lane)
                  next[lane] =
                      kernel[kernel_at(tap / g.columns.size, tap % g.columns.size, c, filter + lane)];
                std::fill(next + inside, next + kFilters, 0.0);
              }
            }
            const FilterBlock block = g.block(count);
            g.each_rows([&](int64_t first, int64_t end) {
              g.spread(from, filter, channel, count, first, end, lines);
              for (int64_t y = first; y < end; ++y) {
                const double* const line = lines + (y - first) * g.rows.stride * g.line();
                double* const to = out + ((n * g.rows.output + y) * g.columns.output) * g.filters + filter;
                if (inside == kFilters) {
                  block.results(line, packed, g.columns.output, channel > 0, to, g.filters);
                  continue;
                }
                block.results(line, packed, g.columns.output, false, edge, kFilters);
                for (int64_t x = 0; x < g.columns.output; ++x) {
                  for (int64_t lane = 0; lane < inside; ++lane) {
                    double& result = to[x * g.filters + lane];
                    result = edge[x * kFilters + lane] + (channel > 0 ? result : 0);
                  }
                }
              }
            });
          });
        });
}

/// Numbers that a thread of `convolve` wants: lines, a kernel, a row of results.
int64_t memory_of(const FilterGroups& g) {
  return g.lines() + (g.channels_at_once * g.taps() + g.columns.output) * kFilters;
}

size_t bytes(int64_t numbers) { return static_cast<size_t>(numbers) * sizeof(double); }

FilterGroups forward_groups(const ConvShape& s) {
  return {
      GroupAxis::forward(s.rows), GroupAxis::forward(s.columns), s.batch, s.channels, s.filters, s.groups};
}

std::unique_ptr<Kernel> prepare_forward(const KernelDesc& desc) {
  const FilterGroups g = forward_groups(detail::conv_shape(desc));
  const bool bias = desc.op.name == "conv2d_bias_act";
  const bool relu = bias && desc.attrs.as<Conv2DBiasActAttrs>().activation == "relu";
  const int64_t places = std::clamp<int64_t>(g.batch * g.blocks(), 1, num_threads());
  return make_kernel(
      [=](const KernelArgs& args) {
        const auto at = [&](int64_t i, int64_t j, int64_t c, int64_t f) {
          return ((i * g.columns.size + j) * g.group_channels() + c) * g.filters + f;
        };
        convolve(g, places, args.input<double>(0), args.input<double>(1), at, args.output<double>(0),
                 static_cast<double*>(args.workspace), memory_of(g));
        if (bias)
          detail::add_bias(g.batch * g.rows.output * g.columns.output, g.filters, relu, args.input<double>(2),
                           args.output<double>(0));
      },
      bytes(places * memory_of(g)));
}

// A convolution of the gradient, whose filters are the image's channels, with the kernel turned round.
std::unique_ptr<Kernel> prepare_grad_input(const KernelDesc& desc) {
  const ConvShape s = detail::conv_shape(desc);
  const FilterGroups g{
      GroupAxis::backward(s.rows), GroupAxis::backward(s.columns), s.batch, s.filters, s.channels, s.groups};
  const int64_t places = std::clamp<int64_t>(g.batch * g.blocks(), 1, num_threads());
  return make_kernel(
      [=](const KernelArgs& args) {
        const auto at = [&](int64_t i, int64_t j, int64_t c, int64_t f) {
          const int64_t tap = (s.rows.size - 1 - i) * s.columns.size + s.columns.size - 1 - j;
          const int64_t group = f / s.group_channels();
          return (tap * s.group_channels() + f % s.group_channels()) * s.filters + group * s.group_filters() +
                 c;
        };
        convolve(g, places, args.input<double>(0), args.input<double>(1), at, args.output<double>(0),
                 static_cast<double*>(args.workspace), memory_of(g));
      },
      bytes(places * memory_of(g)));
}

/// Images are taken in so many parts at most, whose sums are added in the end: enough for all threads.
constexpr int64_t kParts = 8;

std::unique_ptr<Kernel> prepare_grad_kernel(const KernelDesc& desc) {
  const FilterGroups g = forward_groups(detail::conv_shape(desc));
  const bool bias = desc.outputs.size() > 1;
  const int64_t parts = std::min(g.batch, kParts), terms = g.group_channels() * g.taps();
  const int64_t places = std::clamp<int64_t>(parts * g.blocks(), 1, num_threads());
  const int64_t each = g.lines() + g.columns.output * kFilters;
  return make_kernel(
      [=](const KernelArgs& args) {
        const double *const image = args.input<double>(0), *const gradient = args.input<double>(1);
        auto* const memory = static_cast<double*>(args.workspace);
        double* const sums = memory + places * each;  // of each part and block, channel by channel
        const int64_t pixels = g.rows.output * g.columns.output;
        const auto one = [&](int64_t part, double* lines) {
          const int64_t number = part / g.blocks(), filter = part % g.blocks() * kFilters;
          const int64_t inside = std::min(kFilters, g.filters - filter);
          double *const line_of = lines + g.lines(), *const sum = sums + part * terms * kFilters;
          std::fill_n(sum, terms * kFilters, 0.0);
          for (int64_t n = g.batch * number / parts; n < g.batch * (number + 1) / parts; ++n) {
            const double* const from = image + n * g.rows.input * g.columns.input * g.channels;
            g.each_channels([&](int64_t channel, int64_t count) {
              const FilterBlock block = g.block(count);
              g.each_rows([&](int64_t first, int64_t end) {
                g.spread(from, filter, channel, count, first, end, lines);
                for (int64_t y = first; y < end; ++y) {
                  const double* row = gradient + (n * pixels + y * g.columns.output) * g.filters + filter;
                  for (int64_t x = 0; x < g.columns.output; ++x, row += g.filters) {
                    std::copy_n(row, inside, line_of + x * kFilters);
                    std::fill(line_of + x * kFilters + inside, line_of + (x + 1) * kFilters, 0.0);
                  }
                  block.kernel_gradient(lines + (y - first) * g.rows.stride * g.line(), line_of,
                                        g.columns.output, sum + channel * g.taps() * kFilters);
                }
              });
            });
          }
        };
        share(parts * g.blocks(), places, static_cast<double>(g.multiplications()), memory, each, one);
        double* const out = args.output<double>(0);
        for (int64_t term = 0; term < terms; ++term) {
          const int64_t to = (term % g.taps() * g.group_channels() + term / g.taps()) * g.filters;
          for (int64_t f = 0; f < g.filters; ++f) {
            double total = 0;
            for (int64_t part = 0; part < parts; ++part)
              total += sums[((part * g.blocks() + f / kFilters) * terms + term) * kFilters + f % kFilters];
            out[to + f] = total;
          }
        }
        if (bias) detail::sum_rows(g.batch * pixels, g.filters, gradient, args.output<double>(1));
      },
      bytes(places * each + parts * g.blocks() * terms * kFilters));
}

std::optional<std::string> refuses(const KernelDesc& desc) {
  if (auto reason = detail::not_operands_of(desc, DType::kFloat64)) return reason;
  const ConvShape s = detail::conv_shape(desc);
  if (s.groups == 1) return "only for several groups";
  for (const auto axis : {GroupAxis::forward, GroupAxis::backward}) {
    const int64_t rows = axis(s.rows).covered(1), columns = axis(s.columns).covered(axis(s.columns).output);
    if (rows > FilterGroups::kMost || columns > FilterGroups::kMost ||
        rows * columns * kFilters > FilterGroups::kMost)
      return "the windows reach too far beyond the image";
  }
  return std::nullopt;
}

const std::vector<KernelCandidate> kForward = {
    {.name = "groups", .refuses = refuses, .prepare = prepare_forward}};
const std::vector<KernelCandidate> kGradKernels = {
    {.name = "groups", .refuses = refuses, .prepare = prepare_grad_kernel}};
const KernelRegistration kConv("conv2d", DeviceKind::kCpu, kForward);
const KernelRegistration kFused("conv2d_bias_act", DeviceKind::kCpu, kForward);
const KernelRegistration kGradInput("conv2d_grad_input", DeviceKind::kCpu,
                                    {{.name = "groups", .refuses = refuses, .prepare = prepare_grad_input}});
const KernelRegistration kGradKernel("conv2d_grad_kernel", DeviceKind::kCpu, kGradKernels);
const KernelRegistration kGradKernelBias("conv2d_grad_kernel_bias", DeviceKind::kCpu, kGradKernels);

}  // namespace
}  // namespace lamina
