// The recurrent sequences against plain loops in double, their gradients, and what they refuse.
#include "lamina/ops/recurrent.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "lamina/base/error.h"
#include "lamina/base/threads.h"
#include "lamina/core/grad.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/detail/recurrent.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reduce.h"
#include "tests/support/op_rows.h"

namespace lamina::testing {
namespace {

using detail::SequenceInput;
using Line = std::vector<double>;

double function(const std::string& name, double x) {
  if (name == "tanh") return std::tanh(x);
  if (name == "sigmoid") return 1 / (1 + std::exp(-x));
  if (name == "hard_sigmoid") return std::clamp(x + 3, 0.0, 6.0) / 6;
  if (name == "relu") return std::max(x, 0.0);
  if (name == "elu") return x > 0 ? x : std::expm1(x);
  if (name == "softsign") return x / (1 + std::abs(x));
  return x;
}

/// One row of the batch, step by step.
class Plain {
 public:
  Plain(const std::string& op, const RecurrentAttrs& attrs, const std::vector<NdArray>& in)
      : op_(op),
        attrs_(attrs),
        in_(in),
        batch_(in[0].shape[0]),
        time_(in[0].shape[1]),
        units_(in[1].shape[0]),
        gates_(in[0].shape[2] / units_) {}

  std::vector<NdArray> run() {
    const Shape all{batch_, time_, units_}, state{batch_, units_};
    const bool carry = op_ == "lstm_sequence";
    const bool keeps_inner = carry || (op_ == "gru_sequence" && attrs_.reset_after);
    out_ = {NdArray(attrs_.return_sequences ? all : state),
            NdArray(state),
            NdArray(carry ? state : Shape{0}),
            NdArray(in_[0].shape),
            NdArray(keeps_inner ? all : Shape{0}),
            NdArray(all)};
    for (int64_t b = 0; b < batch_; ++b) run_row(b);
    if (!attrs_.residuals) {
      for (size_t i = 3; i < 6; ++i) out_[i] = NdArray(Shape{0});
    }
    return out_;
  }

 private:
  bool masked(int64_t b, int64_t t) const { return in_[5].shape.rank() == 2 && in_[5].at({b, t}) == 0; }

  double product(int64_t b, int64_t gate, int64_t j, const Line& h) const {
    double sum = in_[2].shape[0] > 0 ? in_[2].at({gate * units_ + j}) : 0;
    for (int64_t k = 0; k < units_; ++k) {
      const double scale = in_[6].shape.rank() == 3 ? in_[6].at({gate, b, k}) : 1;
      sum += h[static_cast<size_t>(k)] * scale * in_[1].at({k, gate * units_ + j});
    }
    return sum;
  }

  void run_row(int64_t b) {
    Line h(static_cast<size_t>(units_)), c = h, output = h;
    for (int64_t j = 0; j < units_; ++j) {
      h[static_cast<size_t>(j)] = in_[3].at({b, j});
      if (op_ == "lstm_sequence") c[static_cast<size_t>(j)] = in_[4].at({b, j});
    }
    for (int64_t step = 0; step < time_; ++step) {
      const int64_t t = attrs_.go_backwards ? time_ - 1 - step : step;
      for (int64_t j = 0; j < units_; ++j) out_[5].at({b, t, j}) = h[static_cast<size_t>(j)];
      if (!masked(b, t)) {
        run_step(b, t, h, c);
        output = h;
      } else if (attrs_.zero_output_for_mask) {
        output.assign(output.size(), 0);
      }
      for (int64_t j = 0; j < units_; ++j) {
        const double y = output[static_cast<size_t>(j)];
        if (attrs_.return_sequences) {
          out_[0].at({b, step, j}) = y;
        } else {
          out_[0].at({b, j}) = y;
        }
        if (op_ == "lstm_sequence") out_[4].at({b, t, j}) = c[static_cast<size_t>(j)];
      }
    }
    for (int64_t j = 0; j < units_; ++j) {
      out_[1].at({b, j}) = h[static_cast<size_t>(j)];
      if (op_ == "lstm_sequence") out_[2].at({b, j}) = c[static_cast<size_t>(j)];
    }
  }

  void run_step(int64_t b, int64_t t, Line& h, Line& c) {
    const auto gate_sum = [&](int64_t gate, int64_t j) {
      return in_[0].at({b, t, gate * units_ + j}) + product(b, gate, j, h);
    };
    const auto keep = [&](int64_t gate, int64_t j, double value) {
      return out_[3].at({b, t, gate * units_ + j}) = value;
    };
    Line next = h, reset = h;
    for (int64_t j = 0; j < units_ && op_ == "gru_sequence"; ++j) {
      reset[static_cast<size_t>(j)] *= keep(1, j, function(attrs_.recurrent_activation, gate_sum(1, j)));
    }
    for (int64_t j = 0; j < units_; ++j) {
      const auto at = static_cast<size_t>(j);
      if (op_ == "simple_rnn_sequence") {
        next[at] = keep(0, j, function(attrs_.activation, gate_sum(0, j)));
      } else if (op_ == "lstm_sequence") {
        const double i = keep(0, j, function(attrs_.recurrent_activation, gate_sum(0, j)));
        const double f = keep(1, j, function(attrs_.recurrent_activation, gate_sum(1, j)));
        const double g = keep(2, j, function(attrs_.activation, gate_sum(2, j)));
        const double o = keep(3, j, function(attrs_.recurrent_activation, gate_sum(3, j)));
        c[at] = f * c[at] + i * g;
        next[at] = o * function(attrs_.activation, c[at]);
      } else {
        const double z = keep(0, j, function(attrs_.recurrent_activation, gate_sum(0, j)));
        const double r = out_[3].at({b, t, units_ + j});
        const double through = product(b, 2, j, attrs_.reset_after ? h : reset);
        if (attrs_.reset_after) out_[4].at({b, t, j}) = through;
        const double x = in_[0].at({b, t, 2 * units_ + j});
        const double g =
            keep(2, j, function(attrs_.activation, x + (attrs_.reset_after ? r * through : through)));
        next[at] = z * h[at] + (1 - z) * g;
      }
    }
    h = next;
  }

  std::string op_;
  RecurrentAttrs attrs_;
  std::vector<NdArray> in_, out_;
  int64_t batch_, time_, units_, gates_;
};

struct Sizes {
  int64_t batch = 2, time = 3, units = 2;
};
struct Extras {
  std::vector<double> mask = {};
  bool dropout = false;
};

const RowInput kAbsent{.shape = {0}};

/// Rows of a sequence and of its gradient; the gradient's reference is its body in double, which the rows of
/// the sequence hold against central differences.
std::vector<OpRow> rows_of(const std::string& op, const std::string& label, RecurrentAttrs attrs,
                           Sizes s = {}, Extras extras = {}) {
  const bool carry = op == "lstm_sequence", gru = op == "gru_sequence";
  const int64_t gates = carry ? 4 : gru ? 3 : 1;
  const Shape state{s.batch, s.units}, all{s.batch, s.time, s.units}, wide{s.batch, s.time, gates * s.units};
  const bool bias = gru && attrs.reset_after;
  const RowInput mask =
      extras.mask.empty()
          ? RowInput{.shape = {0}, .dtype = DType::kBool}
          : RowInput{.shape = {s.batch, s.time}, .values = extras.mask, .dtype = DType::kBool};
  // So that sums keep their magnitude from step to step.
  const double most = std::min(1.0, 4.0 / static_cast<double>(s.units));
  const RowInput kernel{.shape = {s.units, gates * s.units}, .lo = -most, .hi = most};
  const RowInput dropout = extras.dropout ? RowInput{.shape = {gates, s.batch, s.units}, .lo = 0} : kAbsent;
  const RowInput c = carry ? RowInput{.shape = state} : kAbsent;
  const bool small = s.batch * s.time * s.units < 40;
  OpRow forward{
      .op = op,
      .label = label,
      .attrs = attrs,
      .inputs = {{.shape = wide},
                 kernel,
                 bias ? RowInput{.shape = {gates * s.units}} : kAbsent,
                 {.shape = state},
                 c,
                 mask,
                 dropout},
      .reference = [op, attrs](const std::vector<NdArray>& in) { return Plain(op, attrs, in).run(); },
      .gradient = small,
      .second_order = small};
  std::vector<OpRow> result{forward};
  attrs.residuals = true;
  const std::string grad = op + "_grad";
  const auto by_body = [grad, attrs](const std::vector<NdArray>& in) {
    std::vector<Tensor> given;
    for (size_t i = 0; i < in.size(); ++i) {
      const Tensor x = Tensor::from(in[i].data, in[i].shape);
      given.push_back(i == 2 ? not_equal(x, 0.0) : x);
    }
    std::vector<NdArray> out;
    for (const Tensor& y : find_op(grad).body(attrs, given))
      out.push_back({y.shape(), y.to_vector<double>()});
    return out;
  };
  const bool inner = carry || (gru && attrs.reset_after);
  result.push_back({.op = grad,
                    .label = label,
                    .attrs = attrs,
                    .inputs = {kernel,
                               c,
                               mask,
                               dropout,
                               {.shape = wide, .lo = 0.1, .hi = 0.9},
                               inner ? RowInput{.shape = all} : kAbsent,
                               {.shape = all},
                               {.shape = attrs.return_sequences ? all : state},
                               {.shape = state},
                               c},
                    .reference = by_body,
                    .gradient = small,
                    .second_order = false});  // third derivatives of the sequence
  return result;
}

const OpRows rows([] {
  std::vector<OpRow> all;
  const auto add = [&](const std::string& op, const std::string& label, RecurrentAttrs attrs, Sizes s = {},
                       Extras extras = {}) {
    for (OpRow& row : rows_of(op, label, attrs, s, std::move(extras))) all.push_back(std::move(row));
  };
  const std::vector<double> mask{0, 1, 0, 1, 0, 0};
  for (const std::string op : {"simple_rnn_sequence", "gru_sequence", "lstm_sequence"}) {
    add(op, "plain", {});
    add(op, "kept", {.residuals = true});
    add(op, "last", {.return_sequences = false});
    add(op, "backwards", {.go_backwards = true});
    add(op, "one_step", {}, {3, 1, 3});
    add(op, "no_rows", {.residuals = true}, {0, 3, 2});
    add(op, "masked", {.residuals = true}, {}, {mask});
    add(op, "masked_backwards", {.go_backwards = true}, {}, {mask});
    add(op, "masked_zeros", {.zero_output_for_mask = true}, {}, {mask});
    add(op, "masked_last", {.return_sequences = false}, {}, {mask});
    add(op, "masked_last_zero", {.return_sequences = false, .zero_output_for_mask = true}, {}, {mask});
    add(op, "dropout", {.residuals = true}, {}, {{}, true});
    add(op, "masked_dropout", {}, {}, {mask, true});
    add(op, "relu", {.activation = "relu", .recurrent_activation = "hard_sigmoid"});
    add(op, "linear", {.activation = "linear", .recurrent_activation = "elu"});
    add(op, "softsign", {.activation = "softsign", .recurrent_activation = "tanh", .residuals = true});
    add(op, "tiles", {.residuals = true}, {27, 4, 37});  // several groups of rows, panels, and edges of both
    add(op, "tiles_dropout", {}, {3, 3, 70}, {{0, 1, 1, 1, 1, 0, 1, 0, 1}, true});
  }
  add("gru_sequence", "before", {.reset_after = false});
  add("gru_sequence", "before_kept", {.reset_after = false, .residuals = true});
  add("gru_sequence", "before_all", {.go_backwards = true, .reset_after = false}, {}, {mask, true});
  add("gru_sequence", "before_tiles", {.reset_after = false, .residuals = true}, {27, 4, 37});
  return all;
}());

Tensor waves(const Shape& shape, double step) {
  std::vector<float> values(static_cast<size_t>(shape.size()));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(std::sin(static_cast<double>(i) * step));
  return Tensor::from(values, shape);
}

/// All results and gradients of a training step, as numbers.
std::vector<std::vector<float>> lstm_step(const RecurrentOptions& options) {
  const Tensor x = waves({29, 6, 80}, 0.7), kernel = waves({20, 80}, 1.3) * 0.3;
  const Tensor h = waves({29, 20}, 0.3), c = waves({29, 20}, 0.9);
  const auto found = value_and_grad([&](const std::vector<Tensor>& in) {
    const RecurrentResult result = lstm_sequence(in[0], in[1], in[2], in[3], options);
    return sum(result.output * waves(result.output.shape(), 0.11)) + sum(result.h) + sum(result.c * 0.5);
  })({x, kernel, h, c});
  std::vector<std::vector<float>> values;
  for (const Tensor& tensor : found) values.push_back(tensor.to_vector<float>());
  return values;
}

TEST(Recurrent, ThreadsDoNotChangeIt) {
  const int before = num_threads();
  set_num_threads(1);
  const auto alone = lstm_step({.training = true});
  for (const int threads : {2, 3, 5}) {
    set_num_threads(threads);
    EXPECT_EQ(lstm_step({.training = true}), alone) << threads;
  }
  set_num_threads(before);
}

TEST(Recurrent, TrainingKeepsResultsAndGradients) { EXPECT_EQ(lstm_step({}), lstm_step({.training = true})); }

TEST(Recurrent, HalfPrecisionGoesThroughFloat32) {
  const Tensor x = cast(waves({2, 3, 4}, 0.7), DType::kBFloat16);
  const Tensor kernel = cast(waves({1, 4}, 1.3), DType::kBFloat16), state = zeros({2, 1}, DType::kBFloat16);
  const RecurrentResult result = lstm_sequence(x, kernel, state, state);
  EXPECT_EQ(result.output.dtype(), DType::kBFloat16);
  EXPECT_EQ(result.c.dtype(), DType::kBFloat16);
  const RecurrentResult wide =
      lstm_sequence(cast(x, DType::kFloat32), cast(kernel, DType::kFloat32), zeros({2, 1}), zeros({2, 1}));
  EXPECT_EQ(result.output.to_vector<float>(), cast(wide.output, DType::kBFloat16).to_vector<float>());
}

// What fades over many steps would pass through subnormal numbers, which are a hundred times slower.
TEST(Recurrent, FadingGradientsGoStraightToZero) {
  const RecurrentOptions options{.return_sequences = false, .training = true};
  const auto f = [&](const std::vector<Tensor>& in) {
    return sum(lstm_sequence(in[0], waves({4, 16}, 0.3), zeros({1, 4}), zeros({1, 4}), options).output);
  };
  const std::vector<float> dx = grad(f)({zeros({1, 300, 16})})[0].to_vector<float>();
  // The candidate's part of the last step and of the first: half as much in each step before.
  EXPECT_NE(dx[299 * 16 + 8], 0);
  EXPECT_EQ(dx[8], 0);
  for (const float value : dx) EXPECT_NE(std::fpclassify(value), FP_SUBNORMAL);
}

TEST(Recurrent, NaNStaysInItsRow) {
  std::vector<float> values(2 * 2 * 4, 0.5f);
  values[0] = NAN;
  const RecurrentResult result =
      lstm_sequence(Tensor::from(values, {2, 2, 4}), ones({1, 4}), zeros({2, 1}), zeros({2, 1}));
  const std::vector<float> h = result.h.to_vector<float>();
  EXPECT_TRUE(std::isnan(h[0]));
  EXPECT_FALSE(std::isnan(h[1]));
}

/// The message of the error that f throws.
std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no error";
}

TEST(Recurrent, Errors) {
  const Tensor x = zeros({2, 3, 8}), kernel = zeros({2, 8}), state = zeros({2, 2});
  const auto lstm = [&](const Tensor& in, const Tensor& h, const RecurrentOptions& options) {
    return message([&] { lstm_sequence(in, kernel, h, state, options); });
  };
  const auto expect = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  EXPECT_EQ(lstm(x, state, {}), "no error");
  expect(lstm(zeros({2, 3, 7}), state, {}), "x must be (batch, time, 4 * units), not (2, 3, 7)");
  expect(lstm(zeros({2, 0, 8}), state, {}), "a sequence needs at least one step");
  expect(lstm(x, zeros({2, 3}), {}), "h must have shape (2, 2), not (2, 3)");
  expect(lstm(x, Tensor(), {}), "x, recurrent_kernel and h must be defined tensors");
  expect(lstm(x, zeros({2, 2}, DType::kFloat64), {}), "must have one dtype");
  expect(lstm(x, state, {.activation = "gelu"}), "the activation must be one of \"linear\", \"tanh\"");
  expect(lstm(x, state, {.mask = zeros({2, 4}, DType::kBool)}),
         "mask must have shape (2, 3) or be absent, not (2, 4)");
  expect(lstm(x, state, {.mask = zeros({2, 3})}), "argument 'mask' must have bool");
  expect(lstm(x, state, {.recurrent_dropout = zeros({2, 2})}),
         "recurrent_dropout must have shape (4, 2, 2) or be absent");
  expect(message([&] { lstm_sequence(x, kernel, state, Tensor()); }), "the initial carry c");
  expect(message([&] {
           lstm_sequence(x, zeros({2, 6}), state, state);
         }),
         "recurrent_kernel must have shape (2, 8), not (2, 6)");
  expect(message([&] {
           gru_sequence(zeros({2, 3, 6}), zeros({2, 6}), zeros({6}), state, {.reset_after = false});
         }),
         "without reset_after the recurrent bias belongs to x");
  expect(message([&] {
           gru_sequence(zeros({2, 3, 6}), zeros({2, 6}), zeros({4}), state);
         }),
         "recurrent_bias must have shape (6,) or be absent");
}

}  // namespace
}  // namespace lamina::testing
