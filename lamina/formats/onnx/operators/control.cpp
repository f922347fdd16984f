// If, Loop and Scan. What is decided by known numbers is decided when the graph is read or traced; the rest becomes the
// engine's own cond, while_loop and scan where types stay as they are, and runs on values elsewhere.
#include <fmt/format.h>

#include <algorithm>

#include "lamina/formats/onnx/operators/axes.h"
#include "lamina/formats/onnx/operators/elementwise.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/compare.h"
#include "lamina/ops/concatenate.h"
#include "lamina/ops/control.h"
#include "lamina/ops/full.h"
#include "lamina/ops/reshape.h"
#include "lamina/ops/slice.h"
#include "lamina/ops/transpose.h"

namespace lamina::onnx {
namespace {

// Values with the element types of others, which tensors alone lose.
std::vector<Value> typed(const std::vector<Tensor>& tensors, const std::vector<ElementType>& types) {
  std::vector<Value> values;
  for (size_t i = 0; i < tensors.size(); ++i) values.emplace_back(tensors[i], types[i]);
  return values;
}

std::vector<Value> if_operator(Call& call) {
  const auto &yes = call.graph("then_branch"), &no = call.graph("else_branch");
  if (call.value(0).known()) return call.run(call.known_integer(0) != 0 ? yes : no, {});
  std::vector<ElementType> types;
  const auto branch = [&](const lamina_onnx_file::GraphProto& graph) {
    return [&](const std::vector<Tensor>&) {
      std::vector<Tensor> results;
      types.clear();
      for (const Value& value : call.run(graph, {})) {
        if (!value.is_tensor()) throw NeedsValues("its branches give what is no tensor");
        results.push_back(value.tensor());
        types.push_back(value.type());
      }
      return results;
    };
  };
  const Tensor condition = reshape(call[0], {});
  try {
    return typed(cond(condition, branch(yes), branch(no)), types);
  } catch (const NeedsValues&) {
    throw;
  } catch (const InvalidArgument&) {
    // Branches of different types, or one that cannot be for these shapes: which one runs must be known.
    throw NeedsValues("which of its branches is taken must be known");
  }
}

bool all_tensors(const std::vector<Value>& values) {
  return std::all_of(values.begin(), values.end(), [](const Value& value) { return value.is_tensor(); });
}

bool known_all(const std::vector<Value>& values) {
  return std::all_of(values.begin(), values.end(), [](const Value& value) { return value.known(); });
}

Value scalar(int64_t value) { return Value(Tensor::from<int64_t>({value}).reshape({})); }
Value truth(bool value) { return Value(full({}, value ? 1 : 0, DType::kBool)); }

// Beyond that many turns no model means them: a file may ask for 2^62 of a loop that does nothing.
constexpr int64_t kMostTurns = int64_t{1} << 24;

[[noreturn]] void refuse_turns(const Call& call) {
  call.fail(fmt::format("its loop does not end within {} turns", kMostTurns));
}

// Whether a body computes no condition: it hands on the one that it was given.
bool never_ends(const lamina_onnx_file::GraphProto& body) {
  std::string name = body.output(0).name();
  for (int i = body.node_size() - 1; i >= 0; --i) {
    const auto& node = body.node(i);
    if (std::find(node.output().begin(), node.output().end(), name) == node.output().end()) continue;
    if (node.op_type() != "Identity" || node.input_size() != 1) return false;
    name = node.input(0);
  }
  return std::any_of(body.input().begin(), body.input().end(), [&](const auto& input) { return input.name() == name; });
}

// Iterations one after the other; every condition must be known.
std::vector<Value> unrolled(Call& call, const lamina_onnx_file::GraphProto& body, std::optional<int64_t> trips,
                            bool go_on, std::vector<Value> carried, size_t scanned) {
  std::vector<std::vector<Value>> slices(scanned);
  for (int64_t i = 0; go_on && (!trips || i < *trips); ++i) {
    if (i == kMostTurns) refuse_turns(call);
    std::vector<Value> inputs{scalar(i), truth(true)};
    inputs.insert(inputs.end(), carried.begin(), carried.end());
    const std::vector<Value> outputs = call.run(body, inputs);
    for (size_t k = 0; k < carried.size(); ++k) carried[k] = outputs[1 + k];
    for (size_t k = 0; k < scanned; ++k) slices[k].push_back(outputs[1 + carried.size() + k]);
    const std::vector<int64_t> condition = integers(outputs[0].tensor());
    if (condition.size() != 1) call.fail("its condition is no single number");
    go_on = condition[0] != 0;
  }
  std::vector<Value> results = std::move(carried);
  for (size_t k = 0; k < scanned; ++k) {
    if (slices[k].empty()) {
      const auto& declared = body.output(static_cast<int>(1 + results.size())).type().tensor_type();
      Shape shape{0};
      for (const auto& dim : declared.shape().dim()) shape.push_back(std::max<int64_t>(0, dim.dim_value()));
      const ElementType type = element_type(declared.elem_type());
      results.push_back(Value(zeros(shape, storage(type)), type));
      continue;
    }
    if (slices[k][0].is_strings()) throw Unsupported("collects strings");
    std::vector<Tensor> parts;
    for (const Value& slice : slices[k]) parts.push_back(slice.tensor());
    results.push_back(Value(stack(parts, 0), slices[k][0].type()));
  }
  return results;
}

// A fixed number of iterations as the engine's scan: the types that the body gives are those that it takes.
std::vector<Value> scanned_loop(Call& call, const lamina_onnx_file::GraphProto& body, int64_t trips,
                                const std::vector<Value>& carried) {
  std::vector<Tensor> init{Tensor::from<int64_t>({0}).reshape({})};
  std::vector<ElementType> types;
  for (const Value& value : carried) init.push_back(value.tensor());
  const ScanResult result = scan(
      [&](const std::vector<Tensor>& carry, const std::vector<Tensor>&) {
        std::vector<Value> inputs{Value(carry[0]), truth(true)};
        for (size_t k = 0; k < carried.size(); ++k) inputs.emplace_back(carry[k + 1], carried[k].type());
        const std::vector<Value> outputs = call.run(body, inputs);
        if (!outputs[0].known() || integers(outputs[0].tensor()) != std::vector<int64_t>{1})
          throw NeedsValues("whether its loop goes on must be known");
        types.clear();
        ScanResult step;
        step.carry.push_back(add(carry[0], 1.0));
        for (size_t k = 1; k < outputs.size(); ++k) {
          if (!outputs[k].is_tensor()) throw NeedsValues("its loop gives what is no tensor");
          types.push_back(outputs[k].type());
          (k <= carried.size() ? step.carry : step.ys).push_back(outputs[k].tensor());
        }
        return step;
      },
      init, {}, {.length = trips});
  std::vector<Tensor> tensors(result.carry.begin() + 1, result.carry.end());
  tensors.insert(tensors.end(), result.ys.begin(), result.ys.end());
  return typed(tensors, types);
}

// A number of iterations that the loop itself decides, without collected slices.
std::vector<Value> conditional_loop(Call& call, const lamina_onnx_file::GraphProto& body, std::optional<int64_t> trips,
                                    const Tensor& go_on, const std::vector<Value>& carried) {
  std::vector<Tensor> init{Tensor::from<int64_t>({0}).reshape({}), cast(reshape(go_on, {}), DType::kBool)};
  std::vector<ElementType> types;
  for (const Value& value : carried) init.push_back(value.tensor());
  const std::vector<Tensor> result = while_loop(
      [&](const std::vector<Tensor>& state) {
        return trips ? logical_and(state[1], less(state[0], static_cast<double>(*trips))) : state[1];
      },
      [&](const std::vector<Tensor>& state) {
        std::vector<Value> inputs{Value(state[0]), Value(state[1])};
        for (size_t k = 0; k < carried.size(); ++k) inputs.emplace_back(state[k + 2], carried[k].type());
        const std::vector<Value> outputs = call.run(body, inputs);
        std::vector<Tensor> next{add(state[0], 1.0), cast(reshape(outputs[0].tensor(), {}), DType::kBool)};
        types.clear();
        for (size_t k = 1; k < outputs.size(); ++k) {
          if (!outputs[k].is_tensor()) throw NeedsValues("its loop gives what is no tensor");
          next.push_back(outputs[k].tensor());
          types.push_back(outputs[k].type());
        }
        return next;
      },
      init);
  return typed({result.begin() + 2, result.end()}, types);
}

std::vector<Value> loop(Call& call) {
  const auto& body = call.graph("body");
  std::vector<Value> carried;
  for (size_t i = 2; i < call.size(); ++i) carried.push_back(call.values()[i]);
  if (body.output_size() < 1 + static_cast<int>(carried.size()) || body.input_size() != 2 + static_cast<int>(carried.size()))
    call.fail("its body does not take and give its variables");
  const size_t scanned = static_cast<size_t>(body.output_size()) - 1 - carried.size();
  std::optional<int64_t> trips;
  if (call.has(0)) trips = std::max<int64_t>(0, call.known_integer(0));
  const bool starts = !call.has(1) || !call.value(1).known() || call.known_integer(1) != 0;
  if (starts && (!trips || *trips > kMostTurns) && never_ends(body)) refuse_turns(call);
  // On values, each iteration may have other shapes.
  if (known_all(call.values()) && (!call.has(1) || call.value(1).known())) {
    try {
      const bool go_on = !call.has(1) || call.known_integer(1) != 0;
      return unrolled(call, body, trips, go_on, carried, scanned);
    } catch (const NeedsValues&) {
      // It reads an argument of a trace from outside.
    }
  }
  if (!all_tensors(carried)) throw NeedsValues("its loop carries what is no tensor");
  const bool start_known = !call.has(1) || call.value(1).known();
  if (trips && start_known) {
    if (call.has(1) && call.known_integer(1) == 0) trips = 0;
    constexpr int64_t kFew = 8;
    try {
      if (*trips > kFew) return scanned_loop(call, body, *trips, carried);
      return unrolled(call, body, trips, true, carried, scanned);
    } catch (const InvalidArgument&) {  // types that change
    } catch (const NeedsValues&) {      // a condition that is computed
    }
  }
  if (scanned > 0) throw NeedsValues("how often its loop runs must be known");
  try {
    return conditional_loop(call, body, trips, call.has(1) ? call[1] : full({}, 1, DType::kBool), carried);
  } catch (const NeedsValues&) {
    throw;
  } catch (const InvalidArgument& error) {
    throw NeedsValues(std::string("its loop changes its types: ") + error.what());
  }
}

// x with its axis `axis` in front.
Tensor in_front(const Tensor& x, int axis) {
  std::vector<int> perm = plain_order(x.rank());
  std::rotate(perm.begin(), perm.begin() + axis, perm.begin() + axis + 1);
  return transpose(x, perm);
}

Tensor from_front(const Tensor& x, int axis) {
  std::vector<int> perm = plain_order(x.rank());
  std::rotate(perm.begin(), perm.begin() + 1, perm.begin() + axis + 1);
  return transpose(x, perm);
}

// Version 8 has a batch axis in front, and lengths of its sequences, which must be whole here.
std::vector<Value> scan_operator(Call& call) {
  const auto& body = call.graph("body");
  const bool batched = call.opset() < 9;
  const size_t first = batched ? 1 : 0;
  const auto xs_count = static_cast<size_t>(call.integer("num_scan_inputs"));
  if (batched && call.has(0)) throw Unsupported("lengths of sequences are not supported");
  if (xs_count < 1 || xs_count + first > call.size()) call.fail("attribute 'num_scan_inputs' is out of range");
  const size_t states = call.size() - first - xs_count;
  if (body.output_size() < static_cast<int>(states)) call.fail("its body does not give its variables");
  const size_t ys_count = static_cast<size_t>(body.output_size()) - states;
  const auto list = [&](const char* name, size_t count) {
    std::vector<int64_t> values = call.integer_list(name).value_or(std::vector<int64_t>(count, 0));
    if (values.size() != count) call.fail(fmt::format("attribute '{}' must have {} numbers", name, count));
    return values;
  };
  const std::vector<int64_t> axes = list("scan_input_axes", xs_count), out_axes = list("scan_output_axes", ys_count);
  const std::vector<int64_t> back = list(batched ? "directions" : "scan_input_directions", xs_count);
  const std::vector<int64_t> out_back = list("scan_output_directions", ys_count);

  const auto run = [&](const std::vector<Value>& init, std::vector<Value> xs) {
    std::vector<Tensor> carry, sequences;
    std::vector<ElementType> types;
    for (const Value& value : init) carry.push_back(value.tensor());
    for (size_t i = 0; i < xs.size(); ++i) {
      Tensor x = in_front(xs[i].tensor(), axis_of(axes[i], xs[i].rank()));
      sequences.push_back(back[i] != 0 ? flip(x, {0}) : x);
    }
    const ScanResult result = scan(
        [&](const std::vector<Tensor>& state, const std::vector<Tensor>& slices) {
          std::vector<Value> inputs;
          for (size_t i = 0; i < state.size(); ++i) inputs.emplace_back(state[i], init[i].type());
          for (size_t i = 0; i < slices.size(); ++i) inputs.emplace_back(slices[i], xs[i].type());
          types.clear();
          ScanResult step;
          for (const Value& value : call.run(body, inputs)) {
            types.push_back(value.type());
            (step.carry.size() < states ? step.carry : step.ys).push_back(value.tensor());
          }
          return step;
        },
        carry, sequences);
    std::vector<Tensor> outputs = result.carry;
    for (size_t i = 0; i < result.ys.size(); ++i) {
      Tensor y = out_back[i] != 0 ? flip(result.ys[i], {0}) : result.ys[i];
      outputs.push_back(from_front(y, axis_of(out_axes[i], y.rank())));
    }
    return typed(outputs, types);
  };
  const auto values_from = [&](size_t begin, size_t count) {
    return std::vector<Value>(call.values().begin() + static_cast<std::ptrdiff_t>(begin),
                              call.values().begin() + static_cast<std::ptrdiff_t>(begin + count));
  };
  const std::vector<Value> init = values_from(first, states), xs = values_from(first + states, xs_count);
  if (!batched) return run(init, xs);
  std::vector<std::vector<Value>> each;
  for (int64_t sample = 0; sample < call.value(1).shape()[0]; ++sample) {
    const auto of_sample = [&](const std::vector<Value>& values) {
      std::vector<Value> parts;
      for (const Value& value : values) parts.emplace_back(value.tensor()[sample], value.type());
      return parts;
    };
    each.push_back(run(of_sample(init), of_sample(xs)));
  }
  if (each.empty()) call.fail("it has no samples");
  std::vector<Value> outputs;
  for (size_t i = 0; i < each[0].size(); ++i) {
    std::vector<Tensor> parts;
    for (const auto& sample : each) parts.push_back(sample[i].tensor());
    outputs.emplace_back(stack(parts, 0), each[0][i].type());
  }
  return outputs;
}

const bool kControlRegistered[] = {register_operator("If", 1, if_operator), register_run_operator("Loop", 1, loop),
                            register_run_operator("Scan", 8, scan_operator)};

}  // namespace
}  // namespace lamina::onnx
