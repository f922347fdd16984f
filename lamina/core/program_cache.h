// ProgramCache: the programs of one traced function, by signature. Internal header.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

#include "lamina/base/detail/thread_slots.h"
#include "lamina/core/grad.h"
#include "lamina/core/prepared_inputs.h"
#include "lamina/core/subgraph.h"
#include "lamina/graph/program.h"

namespace lamina::detail {

/// Arguments of a call: borrowed handles, since counting references to weights that many threads read would
/// make those threads wait for each other.
using Borrowed = std::span<const Tensor* const>;

/// What a program was made for: the types of all arguments, their device, and the threads that kernels may
/// have divided their work among.
struct Signature {
  std::vector<TensorType> types;
  Device device;
  int threads = 0;

  /// Throws InvalidArgument, naming `function`, when the arguments are on different devices.
  Signature(const std::string& function, Borrowed arguments);
  /// Compares without building a signature: the steady state allocates nothing.
  bool matches(Borrowed arguments) const;
};

/// A program with the tensors that it captured; immutable but for the time of its last use.
struct Compiled {
  Signature signature;
  SubGraph traced;               ///< as the function was written
  Graph graph;                   ///< as it runs
  std::vector<Tensor> captured;  ///< the graph's last inputs but for prepared ones
  Preparation preparation;       ///< makes the inputs that come last
  std::unique_ptr<Program> program;
  double compile_ms = 0;
  size_t superseded = 0;  ///< captured states that were of the past already when it was made
  mutable std::atomic<uint64_t> used{0};

  /// Whether a step has overwritten a captured state since: then the function must be traced anew.
  bool stale() const;
  /// About how many bytes go when the program goes: the plan, both graphs, and captured tensors that nobody
  /// else holds.
  size_t bytes() const;
};

/// The programs of the last signatures, bounded by what they hold. Any number of threads may ask at once; one
/// traces at a time.
class ProgramCache {
 public:
  /// What the programs may hold together. The newest one stays in any case.
  static constexpr size_t kBytes = size_t{64} << 20;

  /// The first `num_state` arguments of `f` are donated, its first results their new contents; the
  /// `num_steady` arguments behind them keep their contents for many calls.
  ProgramCache(TensorFunction f, size_t num_state, std::string name, std::shared_ptr<MemoryPool> memory,
               size_t num_steady = 0);

  /// A program that the calling thread uses; the thread finds it again at its next call.
  class Lease {
   public:
    Lease(ProgramCache& cache, std::shared_ptr<const Compiled> program)
        : cache_(cache), program_(std::move(program)) {}
    ~Lease() {
      if (program_) cache_.recent_.put(std::move(program_));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    explicit operator bool() const { return program_ != nullptr; }
    const Compiled& operator*() const { return *program_; }
    const Compiled* operator->() const { return program_.get(); }

   private:
    ProgramCache& cache_;
    std::shared_ptr<const Compiled> program_;
  };
  /// The program for such arguments, state first, made now if need be. Null when the function reads tensors
  /// that grad() or a trace around this call watches: then it must become part of that.
  Lease get(Borrowed arguments);

  /// Runs a program; `outputs` receives the addresses' owners.
  void run(const Compiled& compiled, Borrowed arguments, std::span<const Tensor> outputs);

  const TensorFunction& function() const { return f_; }
  size_t num_state() const { return num_state_; }
  const std::string& name() const { return name_; }
  int built() const { return built_; }
  /// The program made last, or null.
  std::shared_ptr<const Compiled> newest() const;
  /// About how many bytes the programs hold.
  size_t bytes() const;
  /// What they share: all that steady arguments decide.
  const PreparedInputs& prepared() const { return prepared_; }

 private:
  std::shared_ptr<const Compiled> look_up(Borrowed arguments);
  std::shared_ptr<const Compiled> find(Borrowed arguments);
  std::shared_ptr<const Compiled> build(Borrowed arguments) const;
  void mark(const Compiled& program);
  void drop_unused();

  const TensorFunction f_;
  const size_t num_state_, num_steady_;
  const std::string name_;
  const std::shared_ptr<MemoryPool> memory_;
  ThreadSlots<std::shared_ptr<const Compiled>> recent_;
  std::recursive_mutex building_;    // recursive: a traced function may call itself with other arguments
  mutable std::shared_mutex mutex_;  // over what follows
  std::vector<std::shared_ptr<const Compiled>> programs_;
  std::shared_ptr<const Compiled> newest_;
  std::atomic<uint64_t> clock_{0};  // counts calls that needed another program than the thread's last
  std::atomic<int> built_{0};
  PreparedInputs prepared_;
};

/// Whether grad() watches one of the tensors, or one stands for an argument of a trace or depends on one.
bool part_of_a_trace(Borrowed tensors);

}  // namespace lamina::detail
