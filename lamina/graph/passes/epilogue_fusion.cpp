// One walk per kind of rewriting, each on the result of the one before; dead nodes go in between, so that
// "nothing else uses it" can be read off the graph.
#include "lamina/graph/passes/epilogue_fusion.h"

#include <algorithm>
#include <optional>

#include "lamina/graph/constant.h"
#include "lamina/graph/contraction.h"
#include "lamina/graph/passes/dce.h"
#include "lamina/graph/rewriter.h"

namespace lamina::passes {
namespace {

/// Questions about the graph that a walk reads.
class View {
 public:
  explicit View(const Graph& graph)
      : graph_(graph), producers_(producers(graph)), users_(users(graph)), escapes_(escaping(graph)) {}

  const Graph& graph() const { return graph_; }

  /// The node of op `name` that makes `value` as its output number `output`, or null.
  const Node* made_by(ValueId value, const char* name, size_t output = 0) const {
    const int index = producers_[static_cast<size_t>(value)];
    if (index < 0) return nullptr;
    const Node& node = graph_.nodes[static_cast<size_t>(index)];
    return node.op->name == name && node.outputs[output] == value ? &node : nullptr;
  }
  /// The only node that reads `value`, which is no output of the graph; else null.
  const Node* only_user(ValueId value) const {
    const auto& list = users_[static_cast<size_t>(value)];
    if (escapes_[static_cast<size_t>(value)] || list.size() != 1) return nullptr;
    return &graph_.nodes[static_cast<size_t>(list[0])];
  }
  std::vector<const Node*> users_of(ValueId value) const {
    std::vector<const Node*> nodes;
    for (int index : users_[static_cast<size_t>(value)])
      nodes.push_back(&graph_.nodes[static_cast<size_t>(index)]);
    return nodes;
  }
  bool unused(ValueId value) const {
    return users_[static_cast<size_t>(value)].empty() && !escapes_[static_cast<size_t>(value)];
  }
  bool escapes(ValueId value) const { return escapes_[static_cast<size_t>(value)]; }
  bool zero(ValueId value) const {
    const Node* node = made_by(value, "full");
    return node && node->attrs.as<FullAttrs>().value == 0;
  }
  /// sum(value) over all axes but the last, of an image; null when there is none or more than one.
  const Node* sum_of_images(ValueId value) const {
    const Node* found = nullptr;
    for (const Node* user : users_of(value)) {
      if (user->op->name != "sum" || user->attrs.str() != "axes=[0, 1, 2], keepdims=false") continue;
      if (found) return nullptr;
      found = user;
    }
    return found;
  }

 private:
  const Graph& graph_;
  std::vector<int> producers_;
  std::vector<std::vector<int>> users_;
  std::vector<bool> escapes_;
};

class Walk {
 public:
  Walk(const Graph& graph, DeviceKind device) : view_(graph), device_(device), rewrite_(graph) {}
  virtual ~Walk() = default;

  Graph run() {
    for (const Node& node : view_.graph().nodes) {
      if (std::all_of(node.outputs.begin(), node.outputs.end(),
                      [&](ValueId v) { return rewrite_.mapped(v); }))
        continue;
      if (!fused(node)) rewrite_.keep(node);
    }
    return dce(rewrite_.finish());
  }

 protected:
  /// Maps the outputs of `node` to a fused node's, or leaves it be.
  virtual bool fused(const Node& node) = 0;

  /// Whether a kernel of the device takes `op` on these values, in row-major order.
  bool runs_on(const Op& op, const Attrs& attrs, const std::vector<ValueId>& inputs) const {
    KernelDesc desc{op, attrs, {}, {}, {device_, 0}};
    std::vector<TensorType> types;
    for (ValueId value : inputs) types.push_back(view_.graph().type(value));
    for (const TensorType& type : types) desc.inputs.push_back({type, {}});
    for (const TensorType& type : infer(op, attrs, types)) desc.outputs.push_back({type, {}});
    return has_kernel(desc, device_);
  }
  bool all_mapped(const std::vector<ValueId>& values) const {
    return std::all_of(values.begin(), values.end(), [&](ValueId v) { return rewrite_.mapped(v); });
  }

  View view_;
  DeviceKind device_;
  Rewriter rewrite_;
};

/// where(y > 0, max_pool2d_grad(g, index), 0), index from max_pool2d of y: where y is the window's maximum it
/// has the sign of the pooled value, and elsewhere the gradient is zero anyway. So the mask moves to the
/// pooled map, which is smaller.
class MovePoolMasks final : public Walk {
 public:
  using Walk::Walk;

 private:
  bool fused(const Node& node) override {
    if (node.op->name != "where" || !view_.zero(node.inputs[2])) return false;
    const Node* positive = view_.made_by(node.inputs[0], "greater");
    const Node* spread = view_.made_by(node.inputs[1], "max_pool2d_grad");
    if (!positive || !spread || !view_.zero(positive->inputs[1]) || !view_.only_user(node.inputs[1]))
      return false;
    const Node* pool = view_.made_by(spread->inputs[1], "max_pool2d_with_index", 1);
    if (!pool || pool->inputs[0] != positive->inputs[0]) return false;
    if (pool->attrs.as<Pool2DAttrs>() != spread->attrs.as<Pool2DGradAttrs>().window) return false;
    const TensorType& type = view_.graph().type(node.outputs[0]);
    if (type != view_.graph().type(node.inputs[1]) || type != view_.graph().type(pool->inputs[0]))
      return false;
    // The old zeros may have the shape of the map before pooling.
    const ValueId zero = rewrite_.add(find_op("full"), FullAttrs{{}, 0, type.dtype}, {})[0];
    const ValueId mask = rewrite_.add(*positive->op, positive->attrs, {rewrite_(pool->outputs[0]), zero})[0];
    const ValueId masked = rewrite_.add(*node.op, node.attrs, {mask, rewrite_(spread->inputs[0]), zero})[0];
    const ValueId index = rewrite_(spread->inputs[1]);
    rewrite_.map(node.outputs[0], rewrite_.add(*spread->op, spread->attrs, {masked, index})[0]);
    return true;
  }
};

/// Bias and activation into products and convolutions.
class FuseEpilogues final : public Walk {
 public:
  using Walk::Walk;

 private:
  bool fused(const Node& node) override {
    const Node* sum = &node;
    const bool relu = node.op->name == "relu";
    if (relu) sum = view_.only_user(node.inputs[0]) ? view_.made_by(node.inputs[0], "add") : nullptr;
    if (!sum || sum->op->name != "add") return false;
    // Without the activation only if no relu is about to take this sum in.
    if (!relu) {
      const Node* next = view_.only_user(node.outputs[0]);
      if (next && next->op->name == "relu") return false;
    }
    for (const size_t side : {0, 1}) {
      const ValueId product = sum->inputs[side];
      const ValueId bias = sum->inputs[1 - side];
      const auto& [dtype, shape] = view_.graph().type(product);
      if (!is_floating(dtype) || shape.rank() == 0 || view_.graph().type(bias).shape != Shape{shape[-1]} ||
          !view_.only_user(product))
        continue;
      const char* const activation = relu ? "relu" : "linear";
      if (const Node* matmul = view_.made_by(product, "matmul")) {
        const MatmulBiasActAttrs attrs{matmul->attrs.as<MatmulAttrs>(), activation};
        return replace(node, "matmul_bias_act", attrs, {matmul->inputs[0], matmul->inputs[1], bias});
      }
      if (const Node* conv = view_.made_by(product, "conv2d")) {
        const Conv2DBiasActAttrs attrs{conv->attrs.as<Conv2DAttrs>(), activation};
        return replace(node, "conv2d_bias_act", attrs, {conv->inputs[0], conv->inputs[1], bias});
      }
    }
    return false;
  }

  bool replace(const Node& node, const char* name, const Attrs& attrs, const std::vector<ValueId>& inputs) {
    const Op& op = find_op(name);
    if (!runs_on(op, attrs, inputs)) return false;
    rewrite_.map(node.outputs[0], rewrite_.add(op, attrs, rewrite_(inputs))[0]);
    return true;
  }
};

/// Pooling into the convolution before it; without the places of the maxima where nothing reads them.
class FusePools final : public Walk {
 public:
  using Walk::Walk;

 private:
  bool fused(const Node& node) override {
    if (node.op->name != "max_pool2d_with_index" && node.op->name != "max_pool2d") return false;
    const bool places = node.outputs.size() > 1 && !view_.unused(node.outputs[1]);
    const auto& window = node.attrs.as<Pool2DAttrs>();
    const Node* conv = view_.made_by(node.inputs[0], "conv2d_bias_act");
    if (conv && view_.only_user(node.inputs[0]) && (!places || only_gradients(node, window))) {
      const auto& epilogue = conv->attrs.as<Conv2DBiasActAttrs>();
      const ConvPoolAttrs attrs{epilogue.conv, epilogue.activation, window};
      const Op& op = find_op(places ? "conv2d_bias_act_max_pool2d_with_index" : "conv2d_bias_act_max_pool2d");
      if (runs_on(op, attrs, conv->inputs)) return replace(node, op, attrs, conv->inputs);
    }
    if (places || node.outputs.size() == 1) return false;
    return replace(node, find_op("max_pool2d"), node.attrs, node.inputs);
  }

  /// The fused op's index has no place where relu cut the maximum off, so its readers must not mind:
  /// gradients that pass through that relu do not.
  bool only_gradients(const Node& pool, const Pool2DAttrs& window) const {
    if (view_.escapes(pool.outputs[1])) return false;
    for (const Node* user : view_.users_of(pool.outputs[1])) {
      if (user->op->name != "max_pool2d_grad" || user->attrs.as<Pool2DGradAttrs>().window != window)
        return false;
      const Node* masked = view_.made_by(user->inputs[0], "where");
      const Node* positive =
          masked && view_.zero(masked->inputs[2]) ? view_.made_by(masked->inputs[0], "greater") : nullptr;
      const Node* conv = view_.made_by(pool.inputs[0], "conv2d_bias_act");
      if (conv->attrs.as<Conv2DBiasActAttrs>().activation == "linear") continue;
      if (!positive || positive->inputs[0] != pool.outputs[0] || !view_.zero(positive->inputs[1]))
        return false;
    }
    return true;
  }

  bool replace(const Node& node, const Op& op, const Attrs& attrs, const std::vector<ValueId>& inputs) {
    const std::vector<ValueId> outputs = rewrite_.add(op, attrs, rewrite_(inputs));
    for (size_t i = 0; i < outputs.size(); ++i) rewrite_.map(node.outputs[i], outputs[i]);
    return true;
  }
};

/// The places that relu's blocks give are those of gradients that pass it: the mask before them is spent.
class DropSpentMasks final : public Walk {
 public:
  using Walk::Walk;

 private:
  bool fused(const Node& node) override {
    if (node.op->name != "max_pool2d_grad") return false;
    const Node* block = view_.made_by(node.inputs[1], "conv2d_bias_act_max_pool2d_with_index", 1);
    const Node* masked = view_.made_by(node.inputs[0], "where");
    if (!block || !masked || block->attrs.as<ConvPoolAttrs>().activation != "relu") return false;
    const Node* positive = view_.made_by(masked->inputs[0], "greater");
    if (!positive || positive->inputs[0] != block->outputs[0] || !view_.zero(positive->inputs[1]))
      return false;
    if (!view_.zero(masked->inputs[2])) return false;
    const std::vector<ValueId> inputs = rewrite_({masked->inputs[1], node.inputs[1]});
    rewrite_.map(node.outputs[0], rewrite_.add(*node.op, node.attrs, inputs)[0]);
    return true;
  }
};

/// The gradients of kernel and bias in one pass over the output's gradient, pooled if it comes from a
/// pooling.
class FuseKernelGradients final : public Walk {
 public:
  using Walk::Walk;

 private:
  bool fused(const Node& node) override {
    if (node.op->name == "conv2d_grad_kernel") return fuse(node, view_.sum_of_images(node.inputs[1]));
    if (node.op->name != "sum") return false;
    // Whichever of the two comes first stands for both.
    for (const Node* user : view_.users_of(node.inputs[0])) {
      if (user->op->name == "conv2d_grad_kernel" && user->inputs[1] == node.inputs[0] &&
          view_.sum_of_images(node.inputs[0]) == &node) {
        return fuse(*user, &node);
      }
    }
    return false;
  }

  bool fuse(const Node& kernel, const Node* sum) {
    if (!all_mapped(kernel.inputs) || rewrite_.mapped(kernel.outputs[0])) return false;
    const auto& attrs = kernel.attrs.as<Conv2DGradAttrs>();
    const ValueId x = kernel.inputs[0];
    if (const Node* spread = view_.made_by(kernel.inputs[1], "max_pool2d_grad");
        spread && all_mapped(spread->inputs)) {
      const auto& window = spread->attrs.as<Pool2DGradAttrs>().window;
      const Op& op = find_op("conv2d_grad_kernel_pooled");
      const ConvPoolGradAttrs pooled{attrs.conv, window, attrs.shape};
      const std::vector<ValueId> inputs{x, spread->inputs[0], spread->inputs[1]};
      if (runs_on(op, pooled, inputs)) return replace(kernel, sum, op, pooled, inputs);
    }
    if (!sum) return false;
    const Op& op = find_op("conv2d_grad_kernel_bias");
    return runs_on(op, attrs, kernel.inputs) && replace(kernel, sum, op, attrs, kernel.inputs);
  }

  bool replace(const Node& kernel, const Node* sum, const Op& op, const Attrs& attrs,
               const std::vector<ValueId>& inputs) {
    const std::vector<ValueId> outputs = rewrite_.add(op, attrs, rewrite_(inputs));
    rewrite_.map(kernel.outputs[0], outputs[0]);
    if (sum) rewrite_.map(sum->outputs[0], outputs[1]);
    return true;
  }
};

}  // namespace

Graph epilogue_fusion(const Graph& graph, DeviceKind device) {
  Graph now = MovePoolMasks(graph, device).run();
  now = FuseEpilogues(now, device).run();
  now = FusePools(now, device).run();
  now = DropSpentMasks(now, device).run();
  return FuseKernelGradients(now, device).run();
}

}  // namespace lamina::passes
