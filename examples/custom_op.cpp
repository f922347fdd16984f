// An op of your own, with gradient and kernel, from outside the library: the running sum along the last axis.
//
// It is one record (what the engine must know) and one kernel (how the CPU does it). Both register themselves
// before main; nothing in the library changes. docs/how-to-add-an-op.md goes through this file. Expected
// output:
//
//   running sum: [1 3 6 10] float32(4,)
//   gradient of its last element: [1 1 1 1] float32(4,)
//   ... then the compiled function's graph, in which running_sum is an op like any other.
#include <lamina/lamina.h>

#include <cstdio>
#include <cstdlib>

namespace {

using namespace lamina;

// 1. The attributes: one plain struct. Equality, hash and printing are derived from it.
struct RunningSumAttrs {
  bool reverse = false;
  bool operator==(const RunningSumAttrs&) const = default;
  static void fields(auto& self, auto&& visit) { visit("reverse", self.reverse); }
};

Tensor running_sum(const Tensor& x, bool reverse = false);

// 2. The record. `infer` is the only place that checks arguments and knows the output's shape; `vjp` is
// written with public functions, so that it can be differentiated in its turn.
const Op& kRunningSum = register_op<RunningSumAttrs>({
    .name = "running_sum",
    .doc = "y[i] = x[0] + ... + x[i] along the last axis; from the other end when reverse",
    .inputs = {{"x", DTypeClass::kFloating}},
    .outputs = {"y"},
    .infer = [](const InferArgs& args) -> std::vector<TensorType> {
      if (args.inputs[0].dtype != DType::kFloat32) args.fail("expected float32");
      if (args.inputs[0].shape.rank() == 0) args.fail("expected at least one axis");
      return {args.inputs[0]};
    },
    .flops = [](const CostArgs& args) { return static_cast<double>(args.outputs[0].shape.size()); },
    .vjp = [](const VjpArgs& args) -> std::vector<Tensor> {
      return {running_sum(args.grads[0], !args.attrs.as<RunningSumAttrs>().reverse)};
    },
});

// 3. The kernel. `prepare` sees shapes and attributes once; the lambda that it returns only runs.
std::unique_ptr<Kernel> prepare_running_sum(const KernelDesc& desc) {
  const Shape& shape = desc.inputs[0].type.shape;
  const int64_t columns = shape[-1];
  const int64_t rows = columns == 0 ? 0 : shape.size() / columns;
  const bool reverse = desc.attrs.as<RunningSumAttrs>().reverse;
  return make_kernel([=](const KernelArgs& args) {
    const float* in = args.input<float>(0);
    float* out = args.output<float>(0);
    parallel_for(rows, 1 + 16384 / (columns + 1), [=](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        float sum = 0;
        for (int64_t i = 0; i < columns; ++i) {
          const int64_t at = row * columns + (reverse ? columns - 1 - i : i);
          out[at] = sum += in[at];
        }
      }
    });
  });
}
const KernelRegistration kRunningSumCpu("running_sum", DeviceKind::kCpu,
                                        {{.name = "reference", .prepare = prepare_running_sum}});

// 4. The function that users call.
Tensor running_sum(const Tensor& x, bool reverse) {
  return apply(kRunningSum, RunningSumAttrs{reverse}, {x})[0];
}

}  // namespace

int main() {
  const Tensor x = Tensor::from({1.0f, 2.0f, 3.0f, 4.0f});
  const Tensor y = running_sum(x);
  std::printf("running sum: %s\n", y.str().c_str());

  const auto last = [](const std::vector<Tensor>& args) { return sum(running_sum(args[0]) * args[1]); };
  const Tensor mask = Tensor::from({0.0f, 0.0f, 0.0f, 1.0f});
  const Tensor gradient = grad(last)({x, mask})[0];
  std::printf("gradient of its last element: %s\n", gradient.str().c_str());

  const Function compiled =
      compile([](const std::vector<Tensor>& args) { return std::vector{running_sum(args[0] * 2.0)}; });
  std::printf("\n%s", compiled.graph({x}).c_str());

  const bool right = y.to_vector<float>() == std::vector{1.0f, 3.0f, 6.0f, 10.0f} &&
                     gradient.to_vector<float>() == std::vector{1.0f, 1.0f, 1.0f, 1.0f} &&
                     compiled({x})[0].to_vector<float>() == std::vector{2.0f, 6.0f, 12.0f, 20.0f};
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
