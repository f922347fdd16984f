// Writers of control flow: If, Loop and Scan.
#include "lamina/ops/detail/control.h"

#include "lamina/formats/onnx/export/writer.h"

namespace lamina::onnx {
namespace {

const auto kGraphOf = [](const detail::SubGraph& body) -> const Graph& { return *body.graph; };

// Graphs of a branch, with the operands as they are around it.
lamina_onnx_file::GraphProto branch(Writing& w, const std::vector<const Graph*>& graphs) {
  Builder inner(w.builder());
  std::vector<WrittenPtr> operands;
  for (size_t i = 1; i < w.size(); ++i) operands.push_back(w.seen_inside(i));
  for (const WrittenPtr& result : w.inside(inner, graphs, operands)) Writing::inner_output(inner, *result);
  inner.proto().set_name(inner.unique("branch"));
  return std::move(inner.proto());
}

void cond(Writing& w) {
  const auto yes = w.graphs_of<CondAttrs>([](const CondAttrs& a) -> const Graph& { return kGraphOf(a.true_fn); });
  const auto no = w.graphs_of<CondAttrs>([](const CondAttrs& a) -> const Graph& { return kGraphOf(a.false_fn); });
  const Names made = w.builder().nodes("If", {w.in(0)}, w.outputs(),
                                       {{"then_branch", branch(w, yes)}, {"else_branch", branch(w, no)}});
  for (size_t i = 0; i < made.size(); ++i) w.out(i, made[i]);
}

void while_loop(Writing& w) {
  const auto test = w.graphs_of<WhileLoopAttrs>([](const WhileLoopAttrs& a) -> const Graph& { return kGraphOf(a.cond); });
  const auto step = w.graphs_of<WhileLoopAttrs>([](const WhileLoopAttrs& a) -> const Graph& { return kGraphOf(a.body); });
  const auto num_variables = static_cast<size_t>(w.attrs<WhileLoopAttrs>(0).num_variables);
  const Extent most = w.extent_of<WhileLoopAttrs>([](const WhileLoopAttrs& a) { return a.max_iterations; });

  std::vector<WrittenPtr> given;
  for (size_t i = 0; i < w.size(); ++i) given.push_back(w.seen_inside(i));
  Names inputs{most.fixed() && most.value() < 0 ? "" : w.extents().scalar(most),
               plain_name(w.builder(), *w.inside(w.builder(), test, given)[0])};
  for (size_t i = 0; i < num_variables; ++i) inputs.push_back(given[i]->plain);
  inputs.push_back(w.builder().integer(0));  // turns

  Builder body(w.builder());
  Written number;
  number.dtype = DType::kInt64;
  number.shapes.assign(w.traces(), Shape{});
  Written truth = number;
  truth.dtype = DType::kBool;
  Writing::inner_input(body, number, "turn");
  Writing::inner_input(body, truth, "goes on");
  std::vector<WrittenPtr> now;
  for (size_t i = 0; i < w.size(); ++i)
    now.push_back(i < num_variables ? Writing::inner_input(body, *given[i], "variable")
                                    : std::make_shared<Written>(*given[i]));
  const WrittenPtr turns = Writing::inner_input(body, number, "turns");
  const std::vector<WrittenPtr> next = w.inside(body, step, now);
  std::vector<WrittenPtr> then(next.begin(), next.end());
  then.insert(then.end(), now.begin() + static_cast<std::ptrdiff_t>(num_variables), now.end());
  Writing::inner_output(body, *w.inside(body, test, then)[0]);
  for (const WrittenPtr& variable : next) Writing::inner_output(body, *variable);
  number.plain = body.node("Add", {turns->plain, body.integer(1)});
  Writing::inner_output(body, number);
  body.proto().set_name(body.unique("loop"));
  const Names made = w.builder().nodes("Loop", inputs, num_variables + 1, {{"body", std::move(body.proto())}});
  for (size_t i = 0; i < made.size(); ++i) w.out(i, made[i]);
}

void scan(Writing& w) {
  const auto& attrs = w.attrs<ScanAttrs>(0);
  const auto num_carry = static_cast<size_t>(attrs.num_carry), num_xs = static_cast<size_t>(attrs.num_xs);
  const auto graphs = w.graphs_of<ScanAttrs>([](const ScanAttrs& a) -> const Graph& { return kGraphOf(a.body); });
  const size_t num_ys = graphs[0]->outputs.size() - num_carry;
  for (size_t i = num_carry + num_ys; i < w.outputs(); ++i) {
    if (w.used(i)) w.refuse("the carries of its steps are used, which only derivatives do");
  }
  Builder body(w.builder());
  Names inputs;
  std::vector<WrittenPtr> given;
  for (size_t i = 0; i < w.size(); ++i) {
    const WrittenPtr value = w.seen_inside(i);
    if (i >= num_carry + num_xs) {
      given.push_back(value);
      continue;
    }
    inputs.push_back(value->plain);
    Written one = *value;
    one.dtype = value->dtype;
    if (i >= num_carry) {
      for (Shape& shape : one.shapes) {
        std::vector<int64_t> dims = shape.dims();
        dims.erase(dims.begin());
        shape = Shape(dims);
      }
    }
    given.push_back(Writing::inner_input(body, one, i < num_carry ? "carry" : "x"));
  }
  size_t scanned = num_xs;
  if (num_xs == 0) {  // ONNX wants something to run over
    inputs.push_back(w.node("Range", {w.builder().integer(0),
                                      w.extents().scalar(w.extent_of<ScanAttrs>([](const ScanAttrs& a) { return a.length; })),
                                      w.builder().integer(1)}));
    Written number;
    number.dtype = DType::kInt64;
    number.shapes.assign(w.traces(), Shape{});
    Writing::inner_input(body, number, "turn");
    scanned = 1;
  }
  for (const WrittenPtr& result : w.inside(body, graphs, given)) Writing::inner_output(body, *result);
  body.proto().set_name(body.unique("scan"));
  Attributes attributes{{"body", std::move(body.proto())}, {"num_scan_inputs", static_cast<int64_t>(scanned)}};
  if (attrs.reverse) {
    attributes.emplace_back("scan_input_directions", std::vector<int64_t>(scanned, 1));
    if (num_ys > 0) attributes.emplace_back("scan_output_directions", std::vector<int64_t>(num_ys, 1));
  }
  const Names made = w.builder().nodes("Scan", inputs, num_carry + num_ys, attributes);
  for (size_t i = 0; i < made.size(); ++i) w.out(i, made[i]);
}

const bool kControlRegistered[] = {
    register_writer("cond", cond),
    register_writer("while_loop", while_loop),
    register_writer("scan", scan),
};

}  // namespace
}  // namespace lamina::onnx
