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

class MemoryPool;

/// A compiled function. The first call with a new signature (shapes, dtypes, device of the arguments, number
/// of threads) traces, optimises and plans; later calls only run. Programs are kept while they hold no more
/// than 64 MiB together (about 1,000 of a small network); beyond that those go that were not used for the
/// longest time. Tensors that the function captures are constants of the program; where one is state that a
/// Step has overwritten since, the function is traced anew, so that it reads what it would read now.
///
/// Any number of threads may call at once; their runs overlap.
///
/// Compiled functions compose: a call whose arguments grad() watches, or that happens while another function
/// is traced, becomes part of that, and gradients of any order pass through it.
class Function {
 public:
  /// Programs take their working memory from `memory`; without one, the function has a pool to itself. The first
  /// `num_steady` arguments are said to keep their contents for many calls, as those of a Step.
  Function(TensorFunction f, std::string name, std::shared_ptr<MemoryPool> memory = nullptr, size_t num_steady = 0);

  std::vector<Tensor> operator()(const std::vector<Tensor>& args) const;
  /// The optimised graph for arguments like `args`, as text.
  std::string graph(const std::vector<Tensor>& args) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Compiles `f`, which must be pure: its results depend on its arguments alone.
Function compile(TensorFunction f, std::string name = "function",
                 std::shared_ptr<MemoryPool> memory = nullptr, size_t num_steady = 0);

/// A compiled step with donated state: `f(state..., batch...)` returns the new state, in the same order and
/// of the same types, followed by any number of further outputs. A call overwrites the state's buffers in
/// place and allocates nothing once a signature is known. Copies share one step. Several threads may call it
/// at once, each with a state of its own (for predictions, with none); different steps may run at once
/// anyway. It cannot become part of another trace: inside grad or compile it throws InvalidArgument.
class Step {
 public:
  /// `f` gets state and batch in one vector; the first `num_state` results are the new state. Calls throw
  /// InvalidArgument when the state has another number of tensors or would change a type. Steps that are
  /// given one `memory` share their working memory; without one, the step has a pool to itself.
  ///
  /// The first `num_steady` tensors of the batch are said to keep their contents for many calls (the weights
  /// of a prediction; 0: none): what follows from them alone, and what kernels want of them in another memory
  /// order, is made at the first call and kept, for all signatures, until such a tensor has other contents.
  /// What would be larger than that of which it is made is not kept; the rest may take as much memory again
  /// as these tensors.
  Step(TensorFunction f, size_t num_state, std::string name = "step",
       std::shared_ptr<MemoryPool> memory = nullptr, size_t num_steady = 0);

  /// Runs one step and returns the further outputs. A tensor of `state` that somebody else still holds (a
  /// handle of the user's, a pending operation) is replaced by a copy first, and the others keep the old
  /// value; whoever wants no copies moves tensors into the vector behind `state` and back. After an error the
  /// state is as before, unless a kernel failed in the middle.
  std::vector<Tensor> operator()(std::span<Tensor> state, std::span<const Tensor> batch);
  /// The same with outputs of the caller's, which are written over where nobody else holds them and their
  /// types are right, so that repeated calls allocate nothing. `batch` may lie in `outputs` (what one call
  /// gives, the next one takes) or in `state`; state and outputs must be two vectors.
  void operator()(std::span<Tensor> state, std::span<const Tensor> batch, std::vector<Tensor>& outputs);
  /// The same with a batch of borrowed handles, none of them null: weights that many threads read are not
  /// counted by each of them.
  void operator()(std::span<Tensor> state, std::span<const Tensor* const> batch,
                  std::vector<Tensor>& outputs);
  /// The optimised graph for such arguments, as text.
  std::string graph(std::span<const Tensor> state, std::span<const Tensor> batch);

  /// What the last program cost and how it is laid out.
  struct Statistics {
    int programs = 0;            ///< signatures compiled so far
    double last_compile_ms = 0;  ///< tracing, optimising and planning of the newest program
    size_t arena_bytes = 0;      ///< working memory of one run of the newest program
    int kernels = 0;             ///< kernels that one run of it calls
    int state_copies = 0;        ///< updates that could not be written in place (0 is expected)
    size_t memory_bytes = 0;     ///< all memory of the pool, which other steps may share
    size_t program_bytes = 0;    ///< about what the programs kept hold together: 64 MiB at most
    size_t prepared_bytes = 0;   ///< what is kept of steady tensors: other orders, and what follows from them
    int preparations = 0;        ///< how often such a part was computed
  };
  Statistics statistics() const;
  /// The same of the program for such arguments, of which the types alone count. It is made, if need be, and
  /// not run.
  Statistics statistics(std::span<const Tensor> state, std::span<const Tensor> batch);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

namespace detail {

/// Makes `tensor` computed and the only owner of its buffer, by a copy where it is not, so that the buffer
/// may be written over. Whoever shared it keeps the old contents.
void make_exclusive(Tensor& tensor);

}  // namespace detail
}  // namespace lamina
