// Ops that layers are made of against Keras: results and gradients (tools/golden/ops.py).
#include <gtest/gtest.h>

#include "lamina/core/grad.h"
#include "lamina/ops/affine_transform.h"
#include "lamina/ops/attention.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/conv.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/normalization.h"
#include "lamina/ops/recurrent.h"
#include "lamina/ops/reduce.h"
#include "lamina/ops/resize.h"
#include "lamina/ops/slice.h"
#include "tests/support/golden.h"

namespace lamina::test {
namespace {

using Tensors = std::vector<Tensor>;

std::vector<int64_t> numbers(const Json& options, const std::string& name, std::vector<int64_t> otherwise) {
  if (!options.contains(name)) return otherwise;
  std::vector<int64_t> result;
  for (const Json& item : options.at(name).as_list()) result.push_back(item.as_int());
  return result;
}

Tensors recurrent(const Json& call, const Tensors& in) {
  const std::string kind = call.at("op").as_string();
  const Json& options = call.at("options");
  const auto flag = [&](const char* name, bool otherwise) {
    return options.contains(name) ? options.at(name).as_bool() : otherwise;
  };
  const auto word = [&](const char* name, const char* otherwise) {
    return options.contains(name) ? options.at(name).as_string() : otherwise;
  };
  RecurrentOptions o{.activation = word("activation", "tanh"),
                     .recurrent_activation = word("recurrent_activation", "sigmoid"),
                     .go_backwards = flag("go_backwards", false),
                     .return_sequences = flag("return_sequences", true),
                     .zero_output_for_mask = flag("zero_output_for_mask", false),
                     .reset_after = flag("reset_after", true)};
  size_t next = kind == "lstm" ? 6 : 5;
  for (const Json& extra : call.at("extras").as_list())
    (extra.as_string() == "mask" ? o.mask : o.recurrent_dropout) = in[next++];
  const bool two = in[3].rank() == 2;  // a GRU's biases
  const Tensor x = matmul(in[0], in[1]) + (two ? index(in[3], {0}) : in[3]);
  if (kind == "simple_rnn") {
    const RecurrentResult y = simple_rnn_sequence(x, in[2], in[4], o);
    return {y.output, y.h};
  }
  if (kind == "gru") {
    const RecurrentResult y = gru_sequence(x, in[2], two ? index(in[3], {1}) : Tensor(), in[4], o);
    return {y.output, y.h};
  }
  const RecurrentResult y = lstm_sequence(x, in[2], in[4], in[5], o);
  return {y.output, y.h, y.c};
}

Tensors run(const Json& call, const Tensors& in) {
  const std::string op = call.at("op").as_string();
  const Json& options = call.at("options");
  if (op == "conv2d_transpose") {
    const Conv2DTransposeOptions o{
        .strides = numbers(options, "strides", {1, 1}),
        .padding = options.contains("padding") ? options.at("padding").as_string() : "valid",
        .output_padding = numbers(options, "output_padding", {}),
        .dilations = numbers(options, "dilations", {1, 1})};
    return {conv2d_transpose(in[0], in[1], o)};
  }
  if (op == "attention") {
    const bool causal = options.at("is_causal").as_bool();
    return {dot_product_attention(in[0], in[1], in[2], {.mask = in[3], .is_causal = causal})};
  }
  if (op == "layer_normalization") return {layer_normalization(in[0], in[1], in[2], -2, 1e-3)};
  if (op == "rms_normalization") return {rms_normalization(in[0], in[1], -1, 1e-6)};
  if (op == "resize") {
    return {resize2d(in[0], options.at("height").as_int(), options.at("width").as_int(),
                     options.at("interpolation").as_string())};
  }
  if (op == "affine_transform") {
    return {affine_transform(in[0], in[1],
                             {.interpolation = options.at("interpolation").as_string(),
                              .fill_mode = options.at("fill_mode").as_string(),
                              .fill_value = options.at("fill_value").as_double()})};
  }
  return recurrent(call, in);
}

class OpGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(OpGolden, AsKeras) {
  const Golden golden("ops/calls/" + GetParam());
  const Json call = golden.json("call");
  const Tensors in = golden.numbered("input");
  const Tensors expected = golden.numbered("output");
  const Tensors actual = run(call, in);
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i)
    expect_close(actual[i], expected[i], "output " + std::to_string(i));

  std::vector<size_t> wanted;
  Tensors at;
  for (size_t i = 0; i < in.size(); ++i) {
    if (!golden.contains("gradient_" + std::to_string(i))) continue;
    wanted.push_back(i);
    at.push_back(in[i]);
  }
  // TensorFlow's gradient of a transformation that is not by whole pixels is an approximation.
  if (wanted.empty() && call.at("op").as_string() == "affine_transform") return;
  ASSERT_FALSE(wanted.empty());
  const Tensors gradient = grad([&](const Tensors& given) {
    Tensors all = in;
    for (size_t k = 0; k < wanted.size(); ++k) all[wanted[k]] = given[k];
    return sum(run(call, all)[0] * golden.at("upstream"));
  })(at);
  for (size_t k = 0; k < wanted.size(); ++k) {
    const std::string name = "gradient_" + std::to_string(wanted[k]);
    expect_close(gradient[k], golden.at(name), name);
  }
}

INSTANTIATE_TEST_SUITE_P(All, OpGolden, ::testing::ValuesIn(golden_cases("ops/calls")), CaseName());

}  // namespace
}  // namespace lamina::test
