// If and While, whose branches and bodies are functions. What known numbers decide is decided when the graph
// is traced; the rest becomes the engine's own cond and while_loop.
#include <algorithm>

#include "lamina/formats/saved_model/operators/results.h"
#include "lamina/ops/control.h"
#include "lamina/ops/reshape.h"

namespace lamina::tensorflow {
namespace {

std::vector<Value> typed(const std::vector<Tensor>& tensors, const std::vector<ElementType>& types) {
  std::vector<Value> values;
  for (size_t i = 0; i < tensors.size(); ++i) values.emplace_back(tensors[i], types[i]);
  return values;
}

// The tensors of values, and the types that these lose.
std::vector<Tensor> tensors_of(const std::vector<Value>& values, std::vector<ElementType>& types) {
  std::vector<Tensor> tensors;
  types.clear();
  for (const Value& value : values) {
    if (!value.is_tensor()) throw NeedsValues("its branches or its body give what is no tensor");
    tensors.push_back(value.tensor());
    types.push_back(value.type());
  }
  return tensors;
}

// A number is true where it is not 0, and a tensor of one element stands for that.
bool decided(Call& call, const Value& condition) {
  const std::vector<int64_t> values = onnx::integers(condition.tensor());
  if (values.size() != 1) call.fail("its condition is no single number");
  return values[0] != 0;
}

std::vector<Value> if_operator(Call& call) {
  call.ignore({"output_shapes"});
  const auto &yes = call.graph("then_branch"), &no = call.graph("else_branch");
  const std::vector<Value> inputs(call.values().begin() + 1, call.values().end());
  if (call.value(0).known()) return call.run(decided(call, call.value(0)) ? yes : no, inputs);
  std::vector<ElementType> types;
  const auto branch = [&](const lamina_onnx_file::GraphProto& graph) {
    return [&](const std::vector<Tensor>&) { return tensors_of(call.run(graph, inputs), types); };
  };
  try {
    const Tensor condition = cast(reshape(call[0], {}), DType::kBool);
    return typed(cond(condition, branch(yes), branch(no)), types);
  } catch (const NeedsValues&) {
    throw;
  } catch (const InvalidArgument&) {
    throw NeedsValues("which of its branches is taken must be known");
  }
}

std::vector<Value> while_operator(Call& call) {
  call.ignore({"output_shapes", "parallel_iterations"});
  const auto &condition = call.graph("cond"), &body = call.graph("body");
  std::vector<Value> state = call.values();
  const auto go_on = [&](const std::vector<Value>& values) {
    const std::vector<Value> result = call.run(condition, values);
    if (result.size() != 1) call.fail("its condition is no single number");
    return result[0];
  };
  // Turns whose condition is known follow one another; from the first that is not, the engine decides.
  for (;;) {
    const Value next = go_on(state);
    if (!next.known()) break;
    if (!decided(call, next)) return state;
    std::vector<Value> result = call.run(body, state);
    if (result.size() != state.size()) call.fail("its body does not give what it takes");
    state = std::move(result);
  }
  std::vector<ElementType> types, given;
  const std::vector<Tensor> init = tensors_of(state, types);
  try {
    return typed(while_loop(
                     [&](const std::vector<Tensor>& now) {
                       return cast(reshape(go_on(typed(now, types)).tensor(), {}), DType::kBool);
                     },
                     [&](const std::vector<Tensor>& now) {
                       return tensors_of(call.run(body, typed(now, types)), given);
                     },
                     init),
                 types);
  } catch (const NeedsValues&) {
    throw;
  } catch (const InvalidArgument& error) {
    throw NeedsValues(std::string("its loop changes its types: ") + error.what());
  }
}

const bool kControlRegistered[] = {
    register_operator("If", if_operator), register_operator("StatelessIf", if_operator),
    register_run_operator("While", while_operator), register_run_operator("StatelessWhile", while_operator)};

}  // namespace
}  // namespace lamina::tensorflow
