// compile: trace a function once per input signature, optimise and plan it, then only run it.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lamina/core/grad.h"
#include "lamina/core/tensor.h"

namespace lamina {

/// A compiled function. The first call with a new signature (shapes, dtypes, device of the arguments) traces,
/// optimises and plans; later calls only run. The programs of the last 16 signatures are kept. Tensors that
/// the function captures are constants of the program. Calls from several threads are safe; they run one
/// after another.
class Function {
 public:
  Function(TensorFunction f, std::string name);

  std::vector<Tensor> operator()(const std::vector<Tensor>& args) const;
  /// The optimised graph for arguments like `args`, as text.
  std::string graph(const std::vector<Tensor>& args) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Compiles `f`, which must be pure: its results depend on its arguments alone.
Function compile(TensorFunction f, std::string name = "function");

/// A compiled step with donated state: `f(state..., batch...)` returns the new state, in the same order and
/// of the same types, followed by any number of further outputs. A call overwrites the state's buffers in
/// place and allocates nothing once a signature is known. Copies share one step, which one thread at a time
/// may call; different steps may run at once.
class Step {
 public:
  /// `f` gets state and batch in one vector; the first `num_state` results are the new state. Calls throw
  /// InvalidArgument when the state has another number of tensors or would change a type.
  Step(TensorFunction f, size_t num_state, std::string name = "step");

  /// Runs one step. The tensors of `state` must be computed and own their buffers alone (no other tensor may
  /// expect the old contents). Returns the further outputs, which the next call with the same signature
  /// overwrites.
  std::span<const Tensor> operator()(std::span<const Tensor> state, std::span<const Tensor> batch);
  /// The optimised graph for such arguments, as text.
  std::string graph(std::span<const Tensor> state, std::span<const Tensor> batch);

  /// What the last program cost and how it is laid out.
  struct Statistics {
    int programs = 0;            ///< signatures compiled so far
    double last_compile_ms = 0;  ///< tracing, optimising and planning of the newest program
    size_t arena_bytes = 0;      ///< working memory of the newest program
    int kernels = 0;             ///< kernels that one run of it calls
    int state_copies = 0;        ///< updates that could not be written in place (0 is expected)
  };
  Statistics statistics() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lamina
