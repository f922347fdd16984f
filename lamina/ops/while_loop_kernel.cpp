// while_loop on any device: two programs that take turns, the variables in two places that take turns. The
// host waits for every predicate.
#include <algorithm>
#include <array>

#include "lamina/base/error.h"
#include "lamina/ops/detail/carry.h"
#include "lamina/ops/detail/control.h"

namespace lamina {
namespace {

class WhileLoop final : public Kernel {
 public:
  explicit WhileLoop(const KernelDesc& desc)
      : most_(desc.attrs.as<WhileLoopAttrs>().max_iterations),
        cond_(detail::prepare_body(desc.attrs.as<WhileLoopAttrs>().cond, desc.device)),
        body_(detail::prepare_body(desc.attrs.as<WhileLoopAttrs>().body, desc.device)),
        carry_(desc.inputs, static_cast<size_t>(desc.attrs.as<WhileLoopAttrs>().num_variables)),
        num_inputs_(desc.inputs.size()),
        arena_(detail::aligned(std::max(cond_->arena_bytes(), body_->arena_bytes()))) {}

  size_t workspace() const override { return arena_ + 2 * carry_.bytes() + detail::kAlignment; }
  size_t bytes() const override { return detail::body_bytes(*cond_) + detail::body_bytes(*body_); }

  void run(const KernelArgs& args) const override {
    char* const arena = static_cast<char*>(args.workspace);
    char* const places[] = {arena + arena_, arena + arena_ + carry_.bytes()};
    char* const predicate = places[1] + carry_.bytes();
    detail::Addresses addresses(num_inputs_ + carry_.size());
    void** const inputs = addresses.data();
    void** const outputs = inputs + num_inputs_;
    for (size_t i = 0; i < num_inputs_; ++i) inputs[i] = const_cast<void*>(args.inputs[i]);
    int64_t n = 0;
    for (;; ++n) {
      void* test[] = {predicate};
      cond_->run({inputs, num_inputs_}, test, arena, args.stream);
      bool again = false;
      args.stream.read(&again, predicate, sizeof again);
      if (!again) break;
      if (n == most_) {
        throw InvalidArgument("while_loop: would go on after max_iterations = " + std::to_string(most_) +
                              "; give a larger bound, or let cond become false");
      }
      carry_.place(outputs, places[n % 2]);
      body_->run({inputs, num_inputs_}, {outputs, carry_.size()}, arena, args.stream);
      std::copy_n(outputs, carry_.size(), inputs);
    }
    for (size_t i = 0; i < carry_.size(); ++i)
      args.stream.copy(args.outputs[i], inputs[i], carry_.bytes_of(i));
    args.stream.write(args.outputs[carry_.size()], &n, sizeof n);
  }

 private:
  int64_t most_;
  std::unique_ptr<const Program> cond_, body_;
  detail::Carry carry_;
  size_t num_inputs_, arena_;
};

const KernelRegistration every("while_loop", std::nullopt,
                               {{.name = "programs", .prepare = [](const KernelDesc& desc) {
                                   return std::unique_ptr<Kernel>(std::make_unique<WhileLoop>(desc));
                                 }}});

}  // namespace
}  // namespace lamina
