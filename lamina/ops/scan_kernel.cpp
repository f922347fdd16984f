// scan on any device: one program, whose inputs and outputs move along. Nothing is copied but the first
// carry.
#include <algorithm>

#include "lamina/ops/detail/carry.h"
#include "lamina/ops/detail/control.h"

namespace lamina {
namespace {

class Scan final : public Kernel {
 public:
  explicit Scan(const KernelDesc& desc)
      : length_(desc.attrs.as<ScanAttrs>().length),
        reverse_(desc.attrs.as<ScanAttrs>().reverse),
        saves_(desc.attrs.as<ScanAttrs>().saves),
        body_(detail::prepare_body(desc.attrs.as<ScanAttrs>().body, desc.device)),
        carry_(desc.inputs, static_cast<size_t>(desc.attrs.as<ScanAttrs>().num_carry)),
        num_xs_(static_cast<size_t>(desc.attrs.as<ScanAttrs>().num_xs)),
        num_inputs_(desc.inputs.size()),
        num_ys_(desc.outputs.size() - carry_.size() * (saves_ ? 2 : 1)),
        arena_(detail::aligned(body_->arena_bytes())) {
    for (size_t i = 0; i < num_xs_; ++i) slices_.push_back(slice_bytes(desc.inputs[carry_.size() + i]));
    for (size_t i = 0; i < num_ys_; ++i) slices_.push_back(slice_bytes(desc.outputs[carry_.size() + i]));
  }

  size_t workspace() const override { return arena_ + (saves_ ? 0 : 2 * carry_.bytes()); }
  size_t bytes() const override { return detail::body_bytes(*body_); }

  void run(const KernelArgs& args) const override {
    char* const arena = static_cast<char*>(args.workspace);
    const size_t n = carry_.size();
    detail::Addresses addresses(num_inputs_ + n + num_ys_);
    void** const inputs = addresses.data();
    void** const outputs = inputs + num_inputs_;
    for (size_t i = 0; i < num_inputs_; ++i) inputs[i] = const_cast<void*>(args.inputs[i]);
    if (length_ == 0) {
      copy_carry(args.stream, args.outputs, inputs);
      return;
    }
    if (saves_) {
      place_saved(args, 0, outputs);
      copy_carry(args.stream, outputs, inputs);
      std::copy_n(outputs, n, inputs);
    }
    for (int64_t step = 0; step < length_; ++step) {
      const auto at = static_cast<size_t>(reverse_ ? length_ - 1 - step : step);
      for (size_t i = 0; i < num_xs_; ++i) {
        inputs[n + i] = static_cast<char*>(const_cast<void*>(args.inputs[n + i])) + at * slices_[i];
      }
      for (size_t i = 0; i < num_ys_; ++i) {
        outputs[n + i] = static_cast<char*>(args.outputs[n + i]) + at * slices_[num_xs_ + i];
      }
      if (step + 1 == length_) {
        std::copy_n(args.outputs, n, outputs);
      } else if (saves_) {
        place_saved(args, step + 1, outputs);
      } else {
        carry_.place(outputs, arena + arena_ + (step % 2 == 0 ? 0 : carry_.bytes()));
      }
      body_->run({inputs, num_inputs_}, {outputs, n + num_ys_}, arena, args.stream);
      std::copy_n(outputs, n, inputs);
    }
  }

 private:
  // Bytes between neighbours along the first axis.
  static size_t slice_bytes(const Operand& operand) { return detail::slice_of(operand.type).bytes(); }

  void copy_carry(const Stream& stream, void* const* to, void* const* from) const {
    for (size_t i = 0; i < carry_.size(); ++i) stream.copy(to[i], from[i], carry_.bytes_of(i));
  }

  // Where the carry lies with which step `step` begins.
  void place_saved(const KernelArgs& args, int64_t step, void** addresses) const {
    const auto at = static_cast<size_t>(reverse_ ? length_ - 1 - step : step);
    for (size_t i = 0; i < carry_.size(); ++i) {
      addresses[i] = static_cast<char*>(args.outputs[carry_.size() + num_ys_ + i]) + at * carry_.bytes_of(i);
    }
  }

  int64_t length_;
  bool reverse_, saves_;
  std::unique_ptr<const Program> body_;
  detail::Carry carry_;
  size_t num_xs_, num_inputs_, num_ys_, arena_;
  std::vector<size_t> slices_;  // of xs, then of ys
};

const KernelRegistration every("scan", std::nullopt,
                               {{.name = "program", .prepare = [](const KernelDesc& desc) {
                                   return std::unique_ptr<Kernel>(std::make_unique<Scan>(desc));
                                 }}});

}  // namespace
}  // namespace lamina
