// The tile machine against plain loops: broadcasting, in-place operands, layouts, threads, ops of users.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <cstring>

#include "lamina/base/threads.h"
#include "lamina/core/grad.h"
#include "lamina/graph/constant.h"
#include "lamina/graph/elementwise.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"
#include "lamina/ops/random.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/unary.h"
#include "tests/support/nd_array.h"

namespace lamina {
namespace {

using testing::NdArray;
using Floats = std::vector<float>;

const DType kF32 = DType::kFloat32;

TileInstruction instruction(const char* op, std::vector<int> operands, DType dtype = kF32) {
  return {&find_op(op), {}, std::move(operands), dtype};
}

TileInstruction constant(double value) { return {&find_op("full"), FullAttrs{{}, value, kF32}, {}, kF32}; }

/// Runs a fused program on float32 inputs; output o lies over input over[o] unless that is -1.
std::vector<Floats> run(const FusedElementwiseAttrs& program, const std::vector<NdArray>& inputs,
                        std::vector<int> over = {}, const Layout& layout = {}) {
  const Op& op = find_op("fused_elementwise");
  const Attrs attrs = program;
  KernelDesc desc{op, attrs, {}, {}};
  std::vector<Floats> memory;
  for (const NdArray& input : inputs) {
    desc.inputs.push_back({{kF32, input.shape}, input.shape == program.shape ? layout : Layout{}});
    memory.emplace_back(input.data.begin(), input.data.end());
  }
  std::vector<Floats> outputs(program.results.size(),
                              Floats(static_cast<size_t>(program.shape.size()), -77.0f));
  std::vector<const void*> in;
  std::vector<void*> out;
  for (Floats& m : memory) in.push_back(m.data());
  over.resize(outputs.size(), -1);
  for (size_t o = 0; o < outputs.size(); ++o) {
    desc.outputs.push_back({{kF32, program.shape}, layout});
    out.push_back(over[o] >= 0 ? memory[static_cast<size_t>(over[o])].data() : outputs[o].data());
  }
  const KernelCandidate& candidate = op.kernels(DeviceKind::kCpu).front();
  if (const auto reason = candidate.refuses(desc)) throw std::runtime_error("refused: " + *reason);
  candidate.prepare(desc)->run({in.data(), out.data(), nullptr, main_stream(Device{})});
  for (size_t o = 0; o < outputs.size(); ++o) {
    if (over[o] >= 0) outputs[o] = memory[static_cast<size_t>(over[o])];
  }
  return outputs;
}

/// The same, element by element in float: what each instruction of these tests is rounded to anyway.
std::vector<Floats> reference(const FusedElementwiseAttrs& program, const std::vector<NdArray>& inputs) {
  std::vector<Floats> results(program.results.size());
  testing::for_each_index(program.shape, [&](const std::vector<int64_t>& index) {
    Floats registers;
    for (const NdArray& input : inputs)
      registers.push_back(static_cast<float>(testing::broadcast_at(input, index)));
    for (const TileInstruction& step : program.code) {
      const auto operand = [&](size_t i) { return registers[static_cast<size_t>(step.operands[i])]; };
      const std::string& name = step.op->name;
      float value = 0;
      if (name == "full") value = static_cast<float>(step.attrs.as<FullAttrs>().value);
      if (name == "negative") value = -operand(0);
      if (name == "relu") value = operand(0) > 0 ? operand(0) : 0;
      if (name == "add") value = operand(0) + operand(1);
      if (name == "subtract") value = operand(0) - operand(1);
      if (name == "multiply") value = operand(0) * operand(1);
      if (name == "greater") value = operand(0) > operand(1) ? 1 : 0;
      if (name == "where") value = operand(0) != 0 ? operand(1) : operand(2);
      if (name == "maximum") value = std::max(operand(0), operand(1));
      registers.push_back(value);
    }
    for (size_t o = 0; o < results.size(); ++o) {
      results[o].push_back(registers[static_cast<size_t>(program.results[o])]);
    }
  });
  return results;
}

NdArray counting(const Shape& shape, double first) {
  NdArray array(shape);
  for (size_t i = 0; i < array.data.size(); ++i)
    array.data[i] = std::fmod(first + 0.37 * static_cast<double>(i), 7) - 3;
  return array;
}

/// A shape that broadcasts to `loop`: leading axes dropped, others of extent 1.
Shape narrower(const Shape& loop, int drop, unsigned ones) {
  Shape shape;
  for (int axis = std::min(drop, loop.rank()); axis < loop.rank(); ++axis) {
    shape.push_back(ones >> axis & 1 ? 1 : loop[axis]);
  }
  return shape;
}

/// Instructions in any order, of which a few are pairs of a comparison and a choice by it.
FusedElementwiseAttrs random_program(const Shape& shape, int inputs) {
  static const char* const names[] = {"negative", "relu", "add", "subtract", "multiply", "maximum"};
  FusedElementwiseAttrs program{.shape = shape, .num_inputs = inputs, .code = {}, .results = {}};
  std::vector<int> floats;
  for (int i = 0; i < inputs; ++i) floats.push_back(i);
  const auto next = [&] { return inputs + static_cast<int>(program.code.size()); };
  const auto any = [&] {
    return floats[static_cast<size_t>(*rc::gen::inRange(0, static_cast<int>(floats.size())))];
  };
  const int length = *rc::gen::inRange(1, 9);
  for (int i = 0; i < length; ++i) {
    const int kind = *rc::gen::inRange(0, floats.empty() ? 1 : 9);
    if (kind == 0) {
      program.code.push_back(constant(*rc::gen::inRange(-3, 4)));
    } else if (kind >= 7) {
      program.code.push_back(instruction("greater", {any(), any()}, DType::kBool));
      // At times the mask serves two choices, and cannot stay in registers.
      const int mask = next() - 1;
      for (int use = *rc::gen::inRange(1, 3); use > 0; --use) {
        program.code.push_back(instruction("where", {mask, any(), any()}));
        floats.push_back(next() - 1);
      }
      continue;
    } else {
      std::vector<int> operands{any()};
      if (kind > 2) operands.push_back(any());
      program.code.push_back(instruction(names[kind - 1], operands));
    }
    floats.push_back(next() - 1);
  }
  const int results = *rc::gen::inRange(1, 4);
  for (int i = 0; i < results; ++i) program.results.push_back(any());
  return program;
}

Shape random_shape() {
  Shape shape;
  const int rank = *rc::gen::inRange(0, 5);
  for (int axis = 0; axis < rank; ++axis)
    shape.push_back(*rc::gen::inRange(axis == 1 ? 0 : 1, axis == 0 ? 40 : 8));
  if (*rc::gen::inRange(0, 4) == 0) shape.push_back(*rc::gen::inRange(900, 5000));  // longer than a tile
  return shape;
}

TEST(TileMachine, AgreesWithPlainLoops) {
  EXPECT_TRUE(rc::check("any program, any broadcasting", [] {
    const Shape shape = random_shape();
    const int num_inputs = *rc::gen::inRange(0, 5);
    std::vector<NdArray> inputs;
    for (int i = 0; i < num_inputs; ++i) {
      const bool whole = *rc::gen::inRange(0, 2) == 0;
      const Shape own = whole ? shape : narrower(shape, *rc::gen::inRange(0, 5), *rc::gen::inRange(0u, 64u));
      inputs.push_back(counting(own, i));
    }
    const FusedElementwiseAttrs program = random_program(shape, num_inputs);
    RC_ASSERT(run(program, inputs) == reference(program, inputs));
  }));
}

// A tile may not begin inside of a row that lies in scratch as a pattern, though it ends where a shorter one
// does.
TEST(TileMachine, KeepsItsPlaceInRowsOfSeveralLengths) {
  const FusedElementwiseAttrs program{
      .shape = {2, 2, 900}, .num_inputs = 3, .code = {constant(-3)}, .results = {3, 0, 2, 1}};
  const std::vector<NdArray> inputs{counting({2, 900}, 0), counting({1, 900}, 1), counting({2, 2, 900}, 2)};
  EXPECT_EQ(run(program, inputs), reference(program, inputs));
}

TEST(TileMachine, WritesOverAnyInputOfTheSameType) {
  EXPECT_TRUE(rc::check("outputs over inputs", [] {
    const Shape shape{*rc::gen::inRange(1, 6000)};
    const int num_inputs = *rc::gen::inRange(1, 5);
    std::vector<NdArray> inputs;
    for (int i = 0; i < num_inputs; ++i) inputs.push_back(counting(shape, i));
    const FusedElementwiseAttrs program = random_program(shape, num_inputs);
    std::vector<int> over;
    int next = *rc::gen::inRange(0, num_inputs);
    for (size_t o = 0; o < program.results.size(); ++o) {
      over.push_back(static_cast<int>(o) < num_inputs ? next : -1);
      next = (next + 1) % num_inputs;
    }
    RC_ASSERT(run(program, inputs, over) == reference(program, inputs));
  }));
}

TEST(TileMachine, SwapsTwoInputsInPlace) {
  const FusedElementwiseAttrs swap{.shape = {3000}, .num_inputs = 2, .code = {}, .results = {1, 0}};
  const std::vector<NdArray> inputs{counting({3000}, 0), counting({3000}, 5)};
  EXPECT_EQ(run(swap, inputs, {0, 1}), reference(swap, inputs));
}

TEST(TileMachine, TakesAnyLayoutThatAllOperandsShare) {
  const FusedElementwiseAttrs program{.shape = {2, 3, 16},
                                      .num_inputs = 3,
                                      .code = {instruction("add", {0, 1}), instruction("multiply", {3, 2})},
                                      .results = {4}};
  const std::vector<NdArray> inputs{counting({2, 3, 16}, 0), counting({2, 3, 16}, 2), counting({}, 4)};
  const Layout blocked{{0, 2, 1}, {{2, 8}}};
  EXPECT_EQ(run(program, inputs, {}, blocked), reference(program, inputs));
}

TEST(TileMachine, ReadsRowsAndGatesAcrossABlockedLayout) {
  const Shape shape{3, 5, 7, 32};
  const FusedElementwiseAttrs program{.shape = shape,
                                      .num_inputs = 5,
                                      .code = {instruction("add", {0, 1}), instruction("multiply", {5, 2}),
                                               instruction("add", {6, 3}), instruction("add", {7, 4})},
                                      .results = {8}};
  const std::vector<NdArray> inputs{counting(shape, 0), counting({32}, 2), counting({3, 1, 1, 32}, 1),
                                    counting({5, 7, 32}, 3), counting({3, 5, 1, 1}, 4)};
  const std::vector<Floats> plain = run(program, inputs);
  EXPECT_EQ(plain, reference(program, inputs));
  for (const size_t block : {8, 16}) {
    // Where an element of the row-major image lies in blocks.
    const auto place = [&](size_t i) {
      const size_t c = i % 32, pixel = i / 32 % 35, image = i / 32 / 35;
      return ((image * (32 / block) + c / block) * 35 + pixel) * block + c % block;
    };
    std::vector<NdArray> blocked = inputs;
    for (size_t i = 0; i < blocked[0].data.size(); ++i) blocked[0].data[place(i)] = inputs[0].data[i];
    const auto found = run(program, blocked, {}, {{0, 3, 1, 2}, {{3, static_cast<int>(block)}}});
    for (size_t i = 0; i < plain[0].size(); ++i)
      ASSERT_EQ(found[0][place(i)], plain[0][i]) << block << ", " << i;
  }
}

TEST(TileMachine, RefusesWhatItWouldReadInStrides) {
  const FusedElementwiseAttrs program{
      .shape = {2, 3, 16}, .num_inputs = 2, .code = {instruction("add", {0, 1})}, .results = {2}};
  EXPECT_THROW(run(program, {counting({2, 3, 16}, 0), counting({3, 16}, 2)}, {}, {{2, 0, 1}, {}}),
               std::runtime_error);
}

TEST(TileMachine, GivesTheSameBitsForAnyNumberOfThreads) {
  const int before = num_threads();
  const auto compute = [] {
    const Tensor x = random_normal(random_key(3), {301, 257});
    const Tensor y = tanh(x) * exp(-square(x)) + log1p(abs(x)) / (erf(x) + 3.0);
    return y.to_vector<float>();
  };
  set_num_threads(1);
  const Floats one = compute();
  for (int threads : {2, 3, 7}) {
    set_num_threads(threads);
    const Floats many = compute();
    EXPECT_EQ(std::memcmp(one.data(), many.data(), one.size() * sizeof(float)), 0) << threads;
  }
  set_num_threads(before);
}

TEST(TileMachine, DerivesByItsFloatingInputsAlone) {
  const FusedElementwiseAttrs choice{
      .shape = {3}, .num_inputs = 3, .code = {instruction("where", {0, 1, 2})}, .results = {3}};
  const Tensor condition = Tensor::from<int>({1, 0, 1});
  const auto f = [&](const std::vector<Tensor>& x) {
    return sum(apply(find_op("fused_elementwise"), choice, {cast(condition, DType::kBool), x[0], x[1]})[0]);
  };
  const std::vector<Tensor> gradients = grad(f)({zeros({3}), zeros({3})});
  EXPECT_EQ(gradients[0].to_vector<float>(), (Floats{1, 0, 1}));
  EXPECT_EQ(gradients[1].to_vector<float>(), (Floats{0, 1, 0}));
}

// An op as a user outside the library writes it.
std::vector<TensorType> infer_cube(const InferArgs& args) { return {args.inputs[0]}; }
void cube(const TileArgs& args) {
  const float* x = static_cast<const float*>(args.in[0]);
  float* y = static_cast<float*>(args.out);
  for (int64_t i = 0; i < args.n; ++i) y[i] = x[i] * x[i] * x[i];
}
const Op& cube_op =
    register_op({.name = "test.cube",
                 .doc = "x^3",
                 .inputs = {{"x", DTypeClass::kFloating}},
                 .outputs = {"y"},
                 .infer = infer_cube,
                 .no_gradient = "a test needs none",
                 .tile = [](std::span<const DType> in, DType) { return in[0] == kF32 ? cube : nullptr; },
                 .elementwise = true});

TEST(TileMachine, RunsOpsOfUsers) {
  const Tensor x = Tensor::from({-2.0f, 0.5f, 3.0f});
  const Tensor y = apply(cube_op, {}, {x + 1.0})[0] * 2.0;
  EXPECT_EQ(y.to_vector<float>(), (Floats{-2, 6.75, 128}));
}

}  // namespace
}  // namespace lamina
