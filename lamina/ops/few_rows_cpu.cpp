// Kernels of products of a few rows by a large matrix in float32. Reading the matrix is all there is to do.
#include <algorithm>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/add_bias.h"
#include "lamina/ops/detail/few_rows.h"
#include "lamina/ops/detail/products.h"

namespace lamina {
namespace {

using detail::FewRows;
using detail::Products;
using detail::products;

/// Rows up to which reading the matrix where it lies takes less time than packing it for a kernel that
/// multiplies faster: columns, which lie as that wants them, are packed in no time.
constexpr int64_t kMostRows = 32;
constexpr int64_t kMostRowsOfColumns = 4;
/// Numbers of a matrix that is worth a kernel of its own.
constexpr int64_t kLarge = 16384;
/// Numbers that a thread is worth waking for.
constexpr int64_t kGrain = 65536;

std::optional<std::string> refuses(const KernelDesc& desc) {
  if (desc.inputs[0].type.dtype != DType::kFloat32) return "only for float32";
  const Products p = products(desc);
  const int64_t most = p.attrs.transpose_b ? kMostRows : kMostRowsOfColumns;
  if (p.count() != 1 || p.m > most) return "only for one product of up to " + std::to_string(most) + " rows";
  if (p.attrs.transpose_a && p.m > 1) return "only for rows that are stored as rows";
  if (p.m * p.n * p.k == 0) return "an operand is empty";
  if (p.n * p.k < kLarge) return "the matrix is small";
  return std::nullopt;
}

using ByColumns = decltype(&detail::few_rows_by_columns);

/// All of k at once: columns of the result are dealt out.
std::unique_ptr<Kernel> prepare_whole(const Products& p, ByColumns by) {
  constexpr int64_t kColumns = FewRows::kColumns;
  const FewRows product{p.m, p.n, p.k, p.k, p.attrs.transpose_b ? p.k : p.n, p.n, p.relu};
  const int64_t grain = std::max<int64_t>(1, kGrain / (kColumns * p.k * std::max<int64_t>(1, p.m / 4)));
  return make_kernel([=, bias = p.bias](const KernelArgs& args) {
    parallel_for((product.n + kColumns - 1) / kColumns, grain, [&](int64_t begin, int64_t end) {
      by(product, args.input<float>(0), args.input<float>(1), bias ? args.input<float>(2) : nullptr,
         args.output<float>(0), begin * kColumns, std::min(product.n, end * kColumns));
    });
  });
}

/// Lines of the matrix are dealt out, in blocks that lie one after another, so that each is read in one go,
/// and in repeated calls a thread finds its own in its cache. The blocks depend on the matrix alone.
std::unique_ptr<Kernel> prepare_blocks(const Products& p, int64_t depth) {
  const int64_t blocks = (p.k + depth - 1) / depth, size = p.m * p.n;
  const int64_t grain = std::max<int64_t>(1, kGrain / (depth * p.n * std::max<int64_t>(1, p.m / 4)));
  return make_kernel(
      [=](const KernelArgs& args) {
        auto* const sums = static_cast<float*>(args.workspace);
        parallel_for(blocks, grain, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) {
            const FewRows block{p.m, p.n, std::min(depth, p.k - i * depth), p.k, p.n, p.n, false};
            detail::few_rows_by_columns(block, args.input<float>(0) + i * depth,
                                        args.input<float>(1) + i * depth * p.n, nullptr, sums + i * size, 0,
                                        p.n);
          }
        });
        float* const c = args.output<float>(0);
        std::copy_n(sums, size, c);
        for (int64_t i = 1; i < blocks; ++i) {
          for (int64_t j = 0; j < size; ++j) c[j] += sums[i * size + j];
        }
        if (p.bias) detail::add_bias(p.m, p.n, p.relu, args.input<float>(2), c);
      },
      static_cast<size_t>(blocks * size) * sizeof(float));
}

/// Columns from which on they are dealt out, numbers of a block, and most blocks.
constexpr int64_t kWide = 2048;
constexpr int64_t kBlock = 32768;
constexpr int64_t kBlocks = 32;

std::unique_ptr<Kernel> prepare(const KernelDesc& desc) {
  const Products p = products(desc);
  if (p.attrs.transpose_b) return prepare_whole(p, detail::few_rows_by_lines);
  const int64_t depth = std::max((p.k + kBlocks - 1) / kBlocks, (kBlock + p.n - 1) / p.n);
  if (p.n >= kWide || depth >= p.k) return prepare_whole(p, detail::few_rows_by_columns);
  return prepare_blocks(p, depth);
}

const std::vector<KernelCandidate> kCandidates = {
    {.name = "few_rows", .refuses = refuses, .prepare = prepare}};
constexpr int kBeforeOthers = 1;
const KernelRegistration kMatmul("matmul", DeviceKind::kCpu, kCandidates, kBeforeOthers);
const KernelRegistration kMatmulBiasAct("matmul_bias_act", DeviceKind::kCpu, kCandidates, kBeforeOthers);

}  // namespace
}  // namespace lamina
