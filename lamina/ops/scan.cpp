// scan: a sub-graph run over the first axis of its inputs. The derivative is a scan in the other direction.
#include <algorithm>

#include "lamina/base/error.h"
#include "lamina/core/flops.h"
#include "lamina/ops/binary.h"
#include "lamina/ops/control.h"
#include "lamina/ops/detail/control.h"
#include "lamina/ops/full.h"

namespace lamina {
namespace {

using Types = std::vector<TensorType>;

Types part(const Types& types, size_t first, size_t count) {
  return {types.begin() + static_cast<std::ptrdiff_t>(first),
          types.begin() + static_cast<std::ptrdiff_t>(first + count)};
}

std::vector<TensorType> infer_scan(const InferArgs& args) {
  const auto& attrs = args.attrs.as<ScanAttrs>();
  const auto num_carry = static_cast<size_t>(attrs.num_carry), num_xs = static_cast<size_t>(attrs.num_xs);
  const Types takes = detail::input_types(attrs.body), gives = detail::output_types(attrs.body);
  if (attrs.num_carry < 0 || attrs.num_xs < 0 || attrs.length < 0 || num_carry + num_xs > takes.size()) {
    args.fail("the body takes " + std::to_string(takes.size()) + " arguments, not " +
              std::to_string(attrs.num_carry) + " carries and " + std::to_string(attrs.num_xs) + " xs of " +
              std::to_string(attrs.length) + " steps");
  }
  Types expected = takes;
  for (size_t i = num_carry; i < num_carry + num_xs; ++i) {
    expected[i] = detail::stacked(expected[i], attrs.length);
  }
  if (Types(args.inputs.begin(), args.inputs.end()) != expected) {
    args.fail("expected " + detail::type_list(expected));
  }
  for (size_t i = 0; i < num_carry; ++i) {
    if (i < gives.size() && gives[i] == takes[i]) continue;
    throw InvalidArgument("scan: carry " + std::to_string(i) + " is " + takes[i].str() + ", but f returns " +
                          (i < gives.size() ? gives[i].str() : "nothing") +
                          " for it; a carry keeps its shape and dtype");
  }
  Types outputs = part(gives, 0, num_carry);
  for (size_t i = num_carry; i < gives.size(); ++i) {
    outputs.push_back(detail::stacked(gives[i], attrs.length));
  }
  for (size_t i = 0; attrs.saves && i < num_carry; ++i) {
    outputs.push_back(detail::stacked(takes[i], attrs.length));
  }
  return outputs;
}

std::optional<Attrs> without_saved(const Attrs& attrs, const std::vector<bool>& used) {
  ScanAttrs plain = attrs.as<ScanAttrs>();
  const auto saved = used.end() - plain.num_carry;
  if (!plain.saves || plain.num_carry == 0 || std::find(saved, used.end(), true) != used.end()) {
    return std::nullopt;
  }
  plain.saves = false;
  return plain;
}

double scan_flops(const CostArgs& args) {
  const auto& attrs = args.attrs.as<ScanAttrs>();
  return static_cast<double>(attrs.length) * detail::flops(*attrs.body.graph);
}

// What the scan of the derivative works on. Integers take no part in derivatives.
class Derivative {
 public:
  explicit Derivative(const VjpArgs& args)
      : attrs_(args.attrs.as<ScanAttrs>()),
        num_carry_(static_cast<size_t>(attrs_.num_carry)),
        num_xs_(static_cast<size_t>(attrs_.num_xs)),
        xs_(args.inputs.begin() + attrs_.num_carry, args.inputs.begin() + attrs_.num_carry + attrs_.num_xs),
        constants_(args.inputs.begin() + attrs_.num_carry + attrs_.num_xs, args.inputs.end()) {
    const size_t num_ys = args.outputs.size() - 2 * num_carry_;
    for (size_t i = 0; i < num_carry_; ++i) {
      const Tensor& x = args.inputs[i];
      if (is_floating(x.dtype())) init_.push_back(args.grads[i].defined() ? args.grads[i] : zeros_like(x));
      inputs_.push_back(args.outputs[num_carry_ + num_ys + i]);  // the carry as the step found it
    }
    num_carry_grads_ = init_.size();
    for (const Tensor& constant : constants_) {
      if (is_floating(constant.dtype())) init_.push_back(zeros_like(constant));
    }
    inputs_.insert(inputs_.end(), xs_.begin(), xs_.end());
    take_grads(args.grads.subspan(num_carry_, num_ys), has_y_);
    take_grads(args.grads.subspan(num_carry_ + num_ys), has_saved_);
  }

  std::vector<Tensor> run() const {
    const ScanResult result = scan([this](const auto& carry, const auto& x) { return step(carry, x); }, init_,
                                   inputs_, {.length = attrs_.length, .reverse = !attrs_.reverse});
    // In the order of the op's inputs, with gaps for integers.
    std::vector<Tensor> all(num_carry_ + num_xs_ + constants_.size());
    size_t next = 0, next_x = 0;
    for (size_t i = 0; i < num_carry_; ++i) {
      if (is_floating(inputs_[i].dtype())) all[i] = result.carry[next++];
    }
    for (size_t i = 0; i < num_xs_; ++i) {
      if (is_floating(xs_[i].dtype())) all[num_carry_ + i] = result.ys[next_x++];
    }
    for (size_t i = 0; i < constants_.size(); ++i) {
      if (is_floating(constants_[i].dtype())) all[num_carry_ + num_xs_ + i] = result.carry[next++];
    }
    return all;
  }

 private:
  void take_grads(std::span<const Tensor> grads, std::vector<bool>& has) {
    for (const Tensor& grad : grads) {
      has.push_back(grad.defined());
      if (grad.defined()) inputs_.push_back(grad);
    }
  }

  // One step backwards: from the derivative by the carry after it to that by the carry before it.
  ScanResult step(const std::vector<Tensor>& carry, const std::vector<Tensor>& x) const {
    std::vector<Tensor> inputs(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(num_carry_ + num_xs_));
    inputs.insert(inputs.end(), constants_.begin(), constants_.end());
    const std::vector<Tensor> results = detail::replay(attrs_.body, inputs);
    std::vector<Tensor> outputs, cotangents;
    size_t next = 0, next_x = num_carry_ + num_xs_;
    for (size_t i = 0; i < num_carry_; ++i) {
      if (!is_floating(results[i].dtype())) continue;
      outputs.push_back(results[i]);
      cotangents.push_back(carry[next++]);
    }
    for (size_t i = 0; i < has_y_.size(); ++i) {
      if (!has_y_[i]) continue;
      outputs.push_back(results[num_carry_ + i]);
      cotangents.push_back(x[next_x++]);
    }
    const std::vector<Tensor> gradients = vjp(outputs, detail::floating(inputs), cotangents);
    ScanResult result;
    next = 0;
    for (size_t i = 0; i < num_carry_; ++i) {
      const bool with_saved = has_saved_[i];
      if (is_floating(inputs[i].dtype())) {
        const Tensor& gradient = gradients[next++];
        result.carry.push_back(with_saved ? gradient + x[next_x] : gradient);
      }
      next_x += with_saved;
    }
    for (size_t i = 0; i < num_xs_; ++i) {
      if (is_floating(xs_[i].dtype())) result.ys.push_back(gradients[next++]);
    }
    for (size_t i = num_carry_grads_; i < carry.size(); ++i) {
      result.carry.push_back(carry[i] + gradients[next++]);
    }
    return result;
  }

  const ScanAttrs& attrs_;
  size_t num_carry_, num_xs_, num_carry_grads_ = 0;
  std::vector<Tensor> xs_, constants_;
  std::vector<Tensor> init_, inputs_;  // of the scan backwards
  std::vector<bool> has_y_, has_saved_;
};

const Op& scan_op = register_op<ScanAttrs>({
    .name = "scan",
    .doc = "A body run over the first axis of xs: the final carry, the ys, the carries before each step.",
    .variadic = true,
    .outputs = {"results"},
    .infer = infer_scan,
    .flops = scan_flops,
    .vjp = [](const VjpArgs& args) { return Derivative(args).run(); },
    .without_unused = without_saved,
});

int64_t checked_length(const std::vector<Tensor>& xs, const ScanOptions& options) {
  if (xs.empty() && !options.length) {
    throw InvalidArgument("scan: give .length where there are no xs to run over");
  }
  if (options.length && *options.length < 0) {
    throw InvalidArgument("scan: length must be 0 or more, received " + std::to_string(*options.length));
  }
  std::optional<int64_t> length = options.length;
  for (const Tensor& x : xs) {
    if (x.rank() == 0) throw InvalidArgument("scan: xs are run over their first axis, and a scalar has none");
    if (length && x.shape()[0] != *length) {
      throw InvalidArgument("scan: the first extents of xs and length must agree; received " +
                            x.type().str() + " where " + std::to_string(*length) + " was expected");
    }
    length = x.shape()[0];
  }
  return *length;
}

}  // namespace

ScanResult scan(const ScanFunction& f, const std::vector<Tensor>& init, const std::vector<Tensor>& xs,
                ScanOptions options) {
  const int64_t length = checked_length(xs, options);
  Types types = detail::types_of(init);
  for (const Tensor& x : xs) types.push_back(detail::slice_of(x.type()));
  const Device device = !init.empty() ? init[0].device() : !xs.empty() ? xs[0].device() : current_device();
  const auto split = static_cast<std::ptrdiff_t>(init.size());
  detail::TracedBody body = detail::trace_body(
      [&](const std::vector<Tensor>& all) {
        ScanResult step = f({all.begin(), all.begin() + split}, {all.begin() + split, all.end()});
        if (step.carry.size() != init.size()) {
          throw InvalidArgument("scan: f returns a carry of " + std::to_string(step.carry.size()) +
                                " tensors, but init has " + std::to_string(init.size()));
        }
        step.carry.insert(step.carry.end(), step.ys.begin(), step.ys.end());
        return step.carry;
      },
      types, device);
  std::vector<Tensor> inputs = init;
  inputs.insert(inputs.end(), xs.begin(), xs.end());
  inputs.insert(inputs.end(), body.captured.begin(), body.captured.end());
  const ScanAttrs attrs{body.body, static_cast<int>(init.size()), static_cast<int>(xs.size()), length,
                        options.reverse};
  const std::vector<Tensor> all = apply(scan_op, attrs, std::move(inputs));
  return {{all.begin(), all.begin() + split}, {all.begin() + split, all.end() - split}};
}

}  // namespace lamina
