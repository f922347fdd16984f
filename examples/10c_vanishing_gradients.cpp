// Lesson 10: why depth was hard. The length of the gradient in each of twenty layers: plain sigmoids lose it,
// ReLUs keep more of it, residual connections nearly all. Then how much a recurrent network remembers of each
// of a hundred steps: SimpleRNN the last ones, an LSTM whose gates begin open all of them.
//
// usage: example_10c_vanishing_gradients
// Writes gradients_by_depth.svg and gradients_by_time.svg.
#include <lamina/lamina.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

using namespace lamina;

namespace {

constexpr int kDepth = 20;
constexpr int64_t kSteps = 100;
// What each residual block adds counts so much that twenty of them together neither grow nor vanish: 1 /
// sqrt(20).
constexpr float kBranch = 0.22f;

// The length of the gradient of each layer's kernel, from the input on.
std::vector<double> by_depth(const std::string& activation, bool residual) {
  const Tensor input = Input({32});
  Tensor h = input;
  for (int layer = 0; layer < kDepth; ++layer) {
    const Tensor next = Dense(32, {.activation = activation})(h);
    h = residual ? h + kBranch * next : next;
  }
  Model model({input}, {Dense(1)(h)}, {.seed = 1});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = random_normal(random_key(1), {64, 32}, 0).eval();
  std::vector<double> lengths;
  for (const auto& [path, norm] : gradient_norms(model, x, sum(x, {1}, true).eval())) {
    if (path.ends_with("kernel")) lengths.push_back(norm);
  }
  lengths.resize(kDepth);
  return lengths;
}

// The length of the gradient by the input of each step. `forget`: what the bias of an LSTM's forget gates
// begins with.
std::vector<double> by_time(const AnyLayer& layer, float forget = 0) {
  Sequential model({Input({kSteps, 8}), layer, Dense(1)}, {.seed = 1});
  if (forget != 0) {
    std::vector<Tensor> weights = model.get_weights();
    std::vector<float> bias = weights[2].to_vector<float>();  // of the gates i, f, g and o, 32 each
    std::fill(bias.begin() + 32, bias.begin() + 64, forget);
    weights[2] = Tensor::from(bias);
    model.set_weights(weights);
  }
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = random_normal(random_key(2), {16, kSteps, 8}, 0).eval();
  const Tensor gradient = input_gradient(model, x, zeros({16, 1}));
  return sqrt(sum(square(cast(gradient, DType::kFloat64)), {0, 2})).to_vector<double>();
}

Plot::Curve curve(const char* name, const std::vector<double>& lengths) {
  Plot::Curve result{name, {}, {}};
  for (size_t i = 0; i < lengths.size(); ++i) {
    result.x.push_back(static_cast<double>(i + 1));
    result.y.push_back(std::log10(std::max(lengths[i], 1e-20)));
  }
  return result;
}

double row(const char* name, const std::vector<double>& lengths) {
  const double ratio = lengths.front() / lengths.back();
  std::printf("%-28s first %9.2e   last %9.2e   ratio %9.2e\n", name, lengths.front(), lengths.back(), ratio);
  return ratio;
}

}  // namespace

int main() {
  const std::vector<double> sigmoid = by_depth("sigmoid", false), relu = by_depth("relu", false),
                            residual = by_depth("relu", true);
  std::printf("gradient of the first and the last of %d layers\n", kDepth);
  const double lost = row("sigmoid", sigmoid);
  row("relu", relu);
  const double kept = row("relu, residual connections", residual);
  write_file("gradients_by_depth.svg", plot_svg({.heading = "Gradients by depth",
                                                 .note = "20 layers of 32 units, before training",
                                                 .x_label = "layer",
                                                 .y_label = "length of the gradient, power of ten",
                                                 .curves = {curve("sigmoid", sigmoid), curve("relu", relu),
                                                            curve("with residuals", residual)}}));

  // An LSTM forgets little where its forget gates are open, sigmoid(5) = 0.993 (Gers and others, 2000).
  const std::vector<double> simple = by_time(SimpleRNN(32)), lstm = by_time(LSTM(32)),
                            gates = by_time(LSTM(32), 5);
  std::printf("gradient of the first and the last of %lld steps\n", static_cast<long long>(kSteps));
  row("SimpleRNN", simple);
  row("LSTM", lstm);
  row("LSTM, gates open", gates);
  write_file(
      "gradients_by_time.svg",
      plot_svg({.heading = "Gradients by time",
                .note = "the input of each of 100 steps, before training",
                .x_label = "step",
                .y_label = "length of the gradient, power of ten",
                .curves = {curve("SimpleRNN", simple), curve("LSTM", lstm), curve("LSTM, open", gates)}}));
  return lost < 1e-6 && kept > 1e-2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
