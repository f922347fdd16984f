// Directions, layouts, lengths and activations of recurrent operators.
#include "lamina/formats/onnx/operators/recurrent_of.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "lamina/base/terminal.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/control.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"
#include "lamina/ops/unary.h"
#include "lamina/ops/where.h"

namespace lamina::onnx {
namespace {

struct Known {
  const char* name;
  bool alpha, beta;
  double default_alpha, default_beta;
  const char* sequence_name;
  Tensor (*apply)(const Tensor& x, double alpha, double beta);
};

const Known kKnown[] = {
    {"tanh", false, false, 0, 0, "tanh", [](const Tensor& x, double, double) { return lamina::tanh(x); }},
    {"sigmoid", false, false, 0, 0, "sigmoid", [](const Tensor& x, double, double) { return sigmoid(x); }},
    {"relu", false, false, 0, 0, "relu", [](const Tensor& x, double, double) { return relu(x); }},
    {"affine", true, true, 1, 0, "",
     [](const Tensor& x, double alpha, double beta) { return add(multiply(x, alpha), beta); }},
    {"leakyrelu", true, false, 0.01, 0, "",
     [](const Tensor& x, double alpha, double) { return where(less(x, 0.0), multiply(x, alpha), x); }},
    {"thresholdedrelu", true, false, 1, 0, "",
     [](const Tensor& x, double alpha, double) { return where(greater(x, alpha), x, multiply(x, 0.0)); }},
    {"scaledtanh", true, true, 1, 1, "",
     [](const Tensor& x, double alpha, double beta) {
       return multiply(lamina::tanh(multiply(x, beta)), alpha);
     }},
    {"hardsigmoid", true, true, 0.2, 0.5, "",
     [](const Tensor& x, double alpha, double beta) { return clip(add(multiply(x, alpha), beta), 0, 1); }},
    {"elu", true, false, 1, 0, "",
     [](const Tensor& x, double alpha, double) {
       return where(less(x, 0.0), multiply(expm1(minimum(x, 0.0)), alpha), x);
     }},
    {"softsign", false, false, 0, 0, "",
     [](const Tensor& x, double, double) { return divide(x, add(lamina::abs(x), 1.0)); }},
    {"softplus", false, false, 0, 0, "", [](const Tensor& x, double, double) {
       return add(maximum(x, 0.0), log1p(lamina::exp(negative(lamina::abs(x)))));
     }}};

const Known& known_activation(const Call& call, const std::string& given) {
  std::string name = given;
  for (char& letter : name) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  for (const Known& each : kKnown) {
    if (name == each.name) return each;
  }
  call.fail("activation '" + printable(given) + "' is not known");
}

// The parameters come in the order of the functions that take one, or, where a writer gave one to each
// function, at its place.
std::vector<double> parameters(const Call& call, const char* name, const std::vector<const Known*>& functions,
                               bool alpha) {
  const std::vector<double> given = call.number_list(name).value_or(std::vector<double>());
  const auto takes = [&](const Known* each) { return alpha ? each->alpha : each->beta; };
  const auto takers = static_cast<size_t>(std::count_if(functions.begin(), functions.end(), takes));
  const bool by_place = given.size() > takers;
  if (by_place && given.size() != functions.size())
    call.fail(fmt::format("attribute '{}' has {} numbers for {} activations", name, given.size(),
                          functions.size()));
  std::vector<double> result;
  size_t next = 0;
  for (size_t i = 0; i < functions.size(); ++i) {
    double value = alpha ? functions[i]->default_alpha : functions[i]->default_beta;
    const size_t at = by_place ? i : next;
    if (takes(functions[i]) && at < given.size()) value = given[at];
    next += takes(functions[i]) ? 1 : 0;
    result.push_back(value);
  }
  return result;
}

std::vector<StepActivation> read_activations(const Call& call, const RecurrentKind& kind, size_t directions) {
  std::vector<std::string> names;
  if (const auto given = call.text_list("activations")) {
    names = *given;
  } else {
    for (size_t i = 0; i < directions; ++i)
      names.insert(names.end(), kind.activations.begin(), kind.activations.end());
  }
  if (names.size() != directions * kind.activations.size())
    call.fail(
        fmt::format("has {} activations; expected {}", names.size(), directions * kind.activations.size()));
  std::vector<const Known*> functions;
  for (const std::string& name : names) functions.push_back(&known_activation(call, name));
  const std::vector<double> alphas = parameters(call, "activation_alpha", functions, true);
  const std::vector<double> betas = parameters(call, "activation_beta", functions, false);
  std::vector<StepActivation> result;
  for (size_t i = 0; i < functions.size(); ++i) {
    const auto apply = functions[i]->apply;
    const double alpha = alphas[i], beta = betas[i];
    result.push_back({functions[i]->sequence_name, [=](const Tensor& x) { return apply(x, alpha, beta); }});
  }
  return result;
}

void require_shape(const Tensor& x, const Shape& expected, const char* what) {
  if (x.shape() != expected) {
    throw InvalidArgument(
        fmt::format("its {} has shape {}; expected {}", what, x.shape().str(), expected.str()));
  }
}

// x without its first axis, at one place of it.
Tensor at(const Tensor& x, int64_t place) { return x.defined() ? x[place] : Tensor(); }

}  // namespace

RecurrentOptions Direction::options(const std::string& gates, const std::string& others) const {
  RecurrentOptions result;
  result.activation = others;
  result.recurrent_activation = gates;
  result.go_backwards = backwards;
  result.zero_output_for_mask = true;
  result.mask = mask;
  return result;
}

RecurrentResult Direction::in_places(RecurrentResult result) const {
  if (backwards) result.output = flip(result.output, 1);
  return result;
}

Tensor part(const Tensor& x, int64_t parts, int64_t i) {
  const int64_t width = x.shape()[-1] / parts;
  std::vector<int64_t> starts(static_cast<size_t>(x.rank()), 0), stops = x.shape().dims();
  starts.back() = i * width;
  stops.back() = (i + 1) * width;
  return slice(x, starts, stops);
}

Tensor reordered(const Tensor& x, int axis, int64_t parts, const std::vector<int64_t>& order) {
  const int64_t width = x.shape()[axis] / parts;
  std::vector<Tensor> pieces;
  for (const int64_t i : order) {
    std::vector<int64_t> starts(static_cast<size_t>(x.rank()), 0), stops = x.shape().dims();
    starts[static_cast<size_t>(axis)] = i * width;
    stops[static_cast<size_t>(axis)] = (i + 1) * width;
    pieces.push_back(slice(x, starts, stops));
  }
  return concatenate(pieces, axis);
}

Tensor clipped(const Direction& direction, const Tensor& x) {
  return direction.clip ? clip(x, -*direction.clip, *direction.clip) : x;
}

RecurrentResult run_steps(const Direction& direction, const Tensor& projected, const Step& step) {
  std::vector<Tensor> init{direction.h}, xs{transpose(projected, {1, 0, 2})};
  if (direction.c.defined()) init.push_back(direction.c);
  if (direction.mask.defined()) xs.push_back(expand_dims(transpose(direction.mask), 2));
  const ScanResult all = scan(
      [&](const std::vector<Tensor>& states, const std::vector<Tensor>& x) {
        std::vector<Tensor> next = step(x[0], states);
        Tensor output = next[0];
        if (x.size() > 1) {
          for (size_t i = 0; i < next.size(); ++i) next[i] = where(x[1], next[i], states[i]);
          output = where(x[1], output, zeros_like(output));
        }
        return ScanResult{next, {output}};
      },
      init, xs, {.reverse = direction.backwards});
  return {transpose(all.ys[0], {1, 0, 2}), all.carry[0], all.carry.size() > 1 ? all.carry[1] : Tensor()};
}

std::vector<Value> run_recurrent(Call& call, const RecurrentKind& kind, const RunDirection& run) {
  const bool batch_first = call.integer("layout", 0) != 0;
  call.ignore({"output_sequence"});  // of the first version: all outputs are there
  const std::string where_to = call.text("direction", "forward");
  if (where_to != "forward" && where_to != "reverse" && where_to != "bidirectional")
    call.fail("attribute 'direction' is '" + printable(where_to) + "'");
  const int64_t directions = where_to == "bidirectional" ? 2 : 1;
  const ElementType type = call.element();
  const auto with_batch_second = [&](const Tensor& x) {
    return batch_first && x.defined() && x.rank() == 3 ? transpose(x, {1, 0, 2}) : x;
  };
  const Tensor w = call[1], r = call[2];
  Tensor x = call[0];
  if (x.rank() != 3 || w.rank() != 3 || r.rank() != 3)
    call.fail(fmt::format("expected X, W and R of three axes, received {}, {} and {}", x.shape().str(),
                          w.shape().str(), r.shape().str()));
  if (!batch_first) x = transpose(x, {1, 0, 2});
  const int64_t batch = x.shape()[0], steps = x.shape()[1], units = r.shape()[2];
  if (call.integer("hidden_size", units) != units)
    call.fail(fmt::format("attribute 'hidden_size' says {}, and R has shape {}", call.integer("hidden_size"),
                          r.shape().str()));
  require_shape(w, {directions, kind.gates * units, x.shape()[2]}, "W");
  require_shape(r, {directions, kind.gates * units, units}, "R");
  const Tensor bias = call.has(3) ? call[3] : zeros({directions, 2 * kind.gates * units}, x.dtype());
  require_shape(bias, {directions, 2 * kind.gates * units}, "B");
  const auto state = [&](int input, const char* what) {
    if (input < 0) return Tensor();
    const auto i = static_cast<size_t>(input);
    const Tensor found =
        call.has(i) ? with_batch_second(call[i]) : zeros({directions, batch, units}, x.dtype());
    require_shape(found, {directions, batch, units}, what);
    return found;
  };
  const Tensor initial_h = state(5, "initial_h"), initial_c = state(kind.initial_c, "initial_c");
  Tensor peepholes;
  if (kind.peepholes >= 0 && call.has(static_cast<size_t>(kind.peepholes))) {
    peepholes = call[static_cast<size_t>(kind.peepholes)];
    require_shape(peepholes, {directions, 3 * units}, "P");
  }
  Tensor mask;
  if (call.has(4)) {
    require_shape(call[4], {batch}, "sequence_lens");
    mask = less(reshape(arange(steps), {1, steps}), reshape(cast(call[4], DType::kInt32), {batch, 1}));
  }
  std::optional<double> limit;
  if (call.has_attribute("clip")) limit = call.number("clip");
  const std::vector<StepActivation> activations =
      read_activations(call, kind, static_cast<size_t>(directions));

  std::vector<Tensor> outputs, hs, cs;
  for (int64_t i = 0; i < directions; ++i) {
    Direction direction;
    direction.x = x;
    direction.w = at(w, i);
    direction.r = at(r, i);
    direction.w_bias = part(at(bias, i), 2, 0);
    direction.r_bias = part(at(bias, i), 2, 1);
    direction.h = at(initial_h, i);
    direction.c = at(initial_c, i);
    direction.peepholes = at(peepholes, i);
    direction.mask = mask;
    direction.backwards = where_to == "reverse" || i == 1;
    direction.units = units;
    direction.clip = limit;
    const auto each = static_cast<std::ptrdiff_t>(kind.activations.size());
    direction.activations.assign(activations.begin() + i * each, activations.begin() + (i + 1) * each);
    const RecurrentResult result = run(direction);
    outputs.push_back(result.output);
    hs.push_back(result.h);
    if (result.c.defined()) cs.push_back(result.c);
  }
  // (batch, time, units) of each direction: (time, directions, batch, units) or (batch, time, directions,
  // units).
  const Tensor y = stack(outputs, 2);
  const auto last = [&](const std::vector<Tensor>& states) {
    return Value(stack(states, batch_first ? 1 : 0), type);
  };
  std::vector<Value> results{Value(batch_first ? y : transpose(y, {1, 2, 0, 3}), type), last(hs)};
  if (!cs.empty()) results.push_back(last(cs));
  return results;
}

}  // namespace lamina::onnx
