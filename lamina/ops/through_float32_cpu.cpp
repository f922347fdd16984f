// Widening operands, running a kernel of float32 on them, narrowing its results.
#include "lamina/ops/detail/through_float32.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "lamina/base/threads.h"
#include "lamina/graph/op.h"
#include "lamina/ops/detail/tiles.h"

namespace lamina::detail {
namespace {

constexpr int64_t kGrain = 1 << 15;

bool is_half(DType dtype) { return dtype == DType::kFloat16 || dtype == DType::kBFloat16; }

KernelDesc widened(const KernelDesc& desc) {
  KernelDesc wide = desc;
  for (std::vector<Operand>* operands : {&wide.inputs, &wide.outputs}) {
    for (Operand& operand : *operands) {
      if (is_half(operand.type.dtype)) operand.type.dtype = DType::kFloat32;
    }
  }
  return wide;
}

// The plain reference, which comes last, would take operands as they are.
const KernelCandidate* best(const KernelDesc& wide) {
  const auto& candidates = wide.op.kernels(DeviceKind::kCpu);
  for (size_t i = 0; i + 1 < candidates.size(); ++i) {
    if (!candidates[i].refuses || !candidates[i].refuses(wide)) return &candidates[i];
  }
  return nullptr;
}

std::optional<std::string> refuses(const KernelDesc& desc) {
  const auto half = [](const Operand& operand) { return is_half(operand.type.dtype); };
  if (std::none_of(desc.inputs.begin(), desc.inputs.end(), half)) return "only for float16 and bfloat16";
  if (!best(widened(desc))) return "there is no kernel for float32";
  return std::nullopt;
}

/// An operand that is converted, and where it lies in the workspace.
struct Conversion {
  size_t operand;
  size_t offset;
  int64_t size;
  TileFunction convert;

  void run(const void* from, void* to, size_t from_size, size_t to_size) const {
    lamina::parallel_for(size, kGrain, [&](int64_t begin, int64_t end) {
      const void* const in[] = {static_cast<const char*>(from) + static_cast<size_t>(begin) * from_size};
      convert(
          {in, static_cast<char*>(to) + static_cast<size_t>(begin) * to_size, end - begin, begin, nullptr});
    });
  }
};

class ThroughFloat32 final : public Kernel {
 public:
  explicit ThroughFloat32(const KernelDesc& desc)
      : inputs_(desc.inputs.size()), outputs_(desc.outputs.size()) {
    const KernelDesc wide = widened(desc);
    for (size_t i = 0; i < inputs_; ++i) {
      if (is_half(desc.inputs[i].type.dtype))
        widen_.push_back(place(i, desc.inputs[i].type, desc.inputs[i].type.dtype, DType::kFloat32));
    }
    for (size_t i = 0; i < outputs_; ++i) {
      if (is_half(desc.outputs[i].type.dtype))
        narrow_.push_back(place(i, desc.outputs[i].type, DType::kFloat32, desc.outputs[i].type.dtype));
    }
    kernel_ = best(wide)->prepare(wide);
  }

  void run(const KernelArgs& args) const override {
    // Ops that sum products have few operands.
    const void* in[kMost];
    void* out[kMost];
    std::copy_n(args.inputs, inputs_, in);
    std::copy_n(args.outputs, outputs_, out);
    char* const memory = static_cast<char*>(args.workspace);
    for (const Conversion& c : widen_) {
      if (!in[c.operand]) continue;
      c.run(in[c.operand], memory + c.offset, 2, sizeof(float));
      in[c.operand] = memory + c.offset;
    }
    for (const Conversion& c : narrow_) out[c.operand] = memory + c.offset;
    kernel_->run({in, out, memory + bytes_, args.stream});
    for (const Conversion& c : narrow_) c.run(out[c.operand], args.outputs[c.operand], sizeof(float), 2);
  }

  size_t workspace() const override { return bytes_ + kernel_->workspace(); }
  size_t bytes() const override { return sizeof(*this) + kernel_->bytes(); }

  static constexpr size_t kMost = 8;

 private:
  Conversion place(size_t operand, const TensorType& type, DType from, DType to) {
    const Conversion conversion{operand, bytes_, type.shape.size(), cast_tile(from, to)};
    bytes_ += (static_cast<size_t>(type.shape.size()) * sizeof(float) + 63) / 64 * 64;
    return conversion;
  }

  size_t inputs_, outputs_, bytes_ = 0;
  std::vector<Conversion> widen_, narrow_;
  std::unique_ptr<Kernel> kernel_;
};

}  // namespace

KernelCandidate through_float32() {
  return {.name = "through_float32",
          .refuses = [](const KernelDesc& desc) -> std::optional<std::string> {
            if (std::max(desc.inputs.size(), desc.outputs.size()) > ThroughFloat32::kMost)
              return "only for few operands";
            return refuses(desc);
          },
          .prepare = [](const KernelDesc& desc) -> std::unique_ptr<Kernel> {
            return std::make_unique<ThroughFloat32>(desc);
          }};
}

}  // namespace lamina::detail
