// cond on any device: two programs, of which one runs. The host waits for the predicate.
#include <algorithm>

#include "lamina/ops/detail/control.h"

namespace lamina {
namespace {

class Cond final : public Kernel {
 public:
  explicit Cond(const KernelDesc& desc)
      : true_fn_(detail::prepare_body(desc.attrs.as<CondAttrs>().true_fn, desc.device)),
        false_fn_(detail::prepare_body(desc.attrs.as<CondAttrs>().false_fn, desc.device)),
        num_inputs_(desc.inputs.size() - 1),
        num_outputs_(desc.outputs.size()) {}

  size_t workspace() const override { return std::max(true_fn_->arena_bytes(), false_fn_->arena_bytes()); }
  size_t bytes() const override { return detail::body_bytes(*true_fn_) + detail::body_bytes(*false_fn_); }

  void run(const KernelArgs& args) const override {
    bool holds = false;
    args.stream.read(&holds, args.inputs[0], sizeof holds);
    const Program& chosen = holds ? *true_fn_ : *false_fn_;
    auto* const inputs = const_cast<void* const*>(args.inputs + 1);
    chosen.run({inputs, num_inputs_}, {args.outputs, num_outputs_}, args.workspace, args.stream);
  }

 private:
  std::unique_ptr<const Program> true_fn_, false_fn_;
  size_t num_inputs_, num_outputs_;
};

const KernelRegistration every("cond", std::nullopt,
                               {{.name = "programs", .prepare = [](const KernelDesc& desc) {
                                   return std::unique_ptr<Kernel>(std::make_unique<Cond>(desc));
                                 }}});

}  // namespace
}  // namespace lamina
