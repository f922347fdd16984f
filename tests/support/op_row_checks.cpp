// What the harness checks of one row: types, values, body, kernels, derivatives.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <random>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/core/check_gradients.h"
#include "lamina/core/tensor.h"
#include "lamina/ops/cast.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

/// `x` as a tensor of `dtype`.
Tensor to_tensor(const NdArray& x, DType dtype) {
  return dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    // Not std::vector, whose bools are bits.
    const auto values = std::make_unique<T[]>(std::max<size_t>(x.data.size(), 1));
    for (size_t i = 0; i < x.data.size(); ++i) {
      if constexpr (std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>) {
        values[i] = T(static_cast<float>(x.data[i]));
      } else if constexpr (std::is_integral_v<T>) {
        values[i] = static_cast<T>(static_cast<int64_t>(x.data[i]));  // wraps around where unsigned
      } else {
        values[i] = static_cast<T>(x.data[i]);
      }
    }
    return Tensor::from_bytes(values.get(), x.data.size(), dtype, x.shape);
  });
}

NdArray to_array(const Tensor& x) { return {x.shape(), x.to_vector<double>()}; }

NdArray draw(const RowInput& input, bool integral, uint64_t seed) {
  NdArray result(input.shape);
  if (!input.values.empty()) {
    EXPECT_EQ(input.values.size(), result.data.size()) << "the row's values do not fit their shape";
    result.data = input.values;
    return result;
  }
  std::mt19937_64 random(seed);
  const auto uniform = [&](double lo, double hi) {
    return lo + (hi - lo) * (static_cast<double>(random() >> 11) * 0x1p-53);
  };
  const size_t n = result.data.size();
  for (size_t i = 0; i < n; ++i) {
    double& x = result.data[i];
    if (integral) {
      x = std::floor(uniform(input.lo, std::floor(input.hi) + 1));
      continue;
    }
    const double step = (input.hi - input.lo) / static_cast<double>(n);
    do {
      x = input.distinct ? input.lo + (static_cast<double>(i) + uniform(0.25, 0.75)) * step
                         : uniform(input.lo, input.hi);
    } while (std::any_of(input.avoid.begin(), input.avoid.end(),
                         [&](double point) { return std::abs(x - point) < std::min(0.01, step / 8); }));
  }
  if (input.distinct) std::shuffle(result.data.begin(), result.data.end(), random);
  return result;
}

/// A row's arguments in one dtype.
struct Arguments {
  std::vector<Tensor> tensors;
  std::vector<NdArray> arrays;  // rounded to the dtypes
};

Arguments make_arguments(const OpRow& row, DType dtype) {
  Arguments result;
  uint64_t seed = 1;
  for (const RowInput& input : row.inputs) {
    const DType own = input.dtype.value_or(dtype);
    result.tensors.push_back(to_tensor(draw(input, !is_floating(own), seed++), own));
    result.arrays.push_back(to_array(result.tensors.back()));
  }
  return result;
}

double compare_tolerance(const OpRow& row, DType result, DType computed_in) {
  return row.tolerance * (is_floating(result) ? std::max(tolerance(result), tolerance(computed_in)) : 0);
}

void expect_same_values(const OpRow& row, DType dtype, const std::vector<Tensor>& actual,
                        const std::vector<NdArray>& expected, const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (size_t i = 0; i < expected.size(); ++i) {
    expect_close(to_array(actual[i]), expected[i], compare_tolerance(row, actual[i].dtype(), dtype),
                 what + ", output " + std::to_string(i));
  }
}

/// Runs one kernel candidate by hand, on row-major operands.
std::vector<Tensor> run_kernel(const KernelCandidate& candidate, const KernelDesc& desc,
                               const std::vector<Tensor>& inputs) {
  const std::unique_ptr<Kernel> kernel = candidate.prepare(desc);
  std::vector<const void*> in;
  for (const Tensor& input : inputs) in.push_back(input.buffer()->data());
  std::vector<Tensor> outputs;
  std::vector<void*> out;
  for (const Operand& operand : desc.outputs) {
    const auto buffer = std::make_shared<Buffer>(Device{}, std::max<size_t>(operand.type.bytes(), 1));
    // A kernel that leaves elements unwritten must be caught.
    std::memset(buffer->data(), operand.type.dtype == DType::kBool ? 1 : 0x7d, buffer->bytes());
    out.push_back(buffer->data());
    outputs.push_back(Tensor::wrap(buffer, operand.type));
  }
  Buffer workspace(Device{}, std::max<size_t>(kernel->workspace(), 1));
  std::memset(workspace.data(), 0x7d, workspace.bytes());
  kernel->run({in.data(), out.data(), workspace.data(), main_stream(Device{})});
  return outputs;
}

void check_kernels(const OpRow& row, DType dtype, const Op& op, const Arguments& args,
                   const std::vector<TensorType>& types, const std::vector<NdArray>& expected) {
  KernelDesc desc{op, row.attrs, {}, {}};
  for (const Tensor& input : args.tensors) desc.inputs.push_back({input.type(), {}});
  for (const TensorType& type : types) desc.outputs.push_back({type, {}});
  for (const KernelCandidate& candidate : op.kernels(DeviceKind::kCpu)) {
    if (candidate.refuses && candidate.refuses(desc)) continue;
    expect_same_values(row, dtype, run_kernel(candidate, desc, args.tensors), expected,
                       std::string("kernel '") + candidate.name + "' in " + name(dtype));
  }
}

void check_values(const OpRow& row, const Op& op, DType dtype) {
  const Arguments args = make_arguments(row, dtype);
  const std::vector<NdArray> expected = row.reference(args.arrays);
  const std::vector<Tensor> actual = apply(op, row.attrs, args.tensors);
  ASSERT_EQ(actual.size(), expected.size());
  std::vector<TensorType> types;
  for (size_t i = 0; i < actual.size(); ++i) {
    types.push_back(actual[i].type());
    EXPECT_EQ(types[i].shape.str(), expected[i].shape.str()) << "inferred shape of output " << i;
    const DType wanted = row.out_dtypes.empty() ? dtype : row.out_dtypes.at(i);
    EXPECT_STREQ(name(types[i].dtype), name(wanted)) << "inferred dtype of output " << i;
  }
  if (::testing::Test::HasFailure()) return;
  expect_same_values(row, dtype, actual, expected, std::string("result in ") + name(dtype));
  if (op.body) {
    expect_same_values(row, dtype, op.body(row.attrs, args.tensors), expected,
                       std::string("body in ") + name(dtype));
  }
  check_kernels(row, dtype, op, args, types, expected);
}

void check_derivatives(const OpRow& row, const Op& op) {
  const std::vector<Tensor> at = make_arguments(row, DType::kFloat64).tensors;
  std::vector<Tensor> inputs;
  std::vector<size_t> wanted;
  for (size_t i = 0; i < at.size(); ++i) {
    if (!is_floating(at[i].dtype()) || !row.inputs[i].differentiable) continue;
    wanted.push_back(i);
    inputs.push_back(at[i]);
  }
  ASSERT_FALSE(wanted.empty()) << "the row has no floating input: set gradient = false";
  const auto outputs_of = [&](const std::vector<Tensor>& moved) {
    std::vector<Tensor> args = at, floating;
    for (size_t i = 0; i < wanted.size(); ++i) args[wanted[i]] = moved[i];
    for (const Tensor& output : apply(op, row.attrs, args)) {
      if (is_floating(output.dtype())) floating.push_back(cast(output, DType::kFloat64));
    }
    return floating;
  };
  constexpr int64_t kElements = 24;  // of each input
  try {
    check_gradients(
        outputs_of, inputs,
        {.tolerance = 1e-6 * row.tolerance, .order = row.second_order ? 2 : 1, .elements = kElements});
  } catch (const InvalidArgument& error) {
    ADD_FAILURE() << error.what();
  }
}

}  // namespace

void check_row(const OpRow& row) {
  const Op& op = find_op(row.op);
  ASSERT_TRUE(row.reference) << "a row needs a reference";
  for (DType dtype : row.dtypes) {
    check_values(row, op, dtype);
    if (::testing::Test::HasFailure()) return;
  }
  if (op.vjp && row.gradient) check_derivatives(row, op);
}

}  // namespace lamina::testing
