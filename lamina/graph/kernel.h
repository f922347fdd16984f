// What a backend implements for an op: kernels, prepared once for concrete operands and then run any number
// of times.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lamina/backend/stream.h"
#include "lamina/graph/attrs.h"
#include "lamina/graph/layout.h"
#include "lamina/graph/type.h"

namespace lamina {

struct Op;

/// A value as a kernel sees it before it runs.
struct Operand {
  TensorType type;
  Layout layout;
  /// Keeps its value for many runs (a weight of a network that only predicts): an order that takes time to
  /// make pays.
  bool steady = false;
};

/// What a kernel is prepared for.
struct KernelDesc {
  const Op& op;
  const Attrs& attrs;
  std::vector<Operand> inputs;
  std::vector<Operand> outputs;
  /// Where it will run. Candidates that are asked before that is known see the first device of the kind.
  Device device = {};
};

/// Addresses for one run, in the order of the desc's operands. An optional operand that is absent is null.
/// They are the device's: what runs on the host follows none, unless its device is the CPU.
struct KernelArgs {
  const void* const* inputs;
  void* const* outputs;
  void* workspace;
  /// In whose order the work is to be done. Of a device that works by itself, `run` only gives the work to it
  /// and does not wait.
  const Stream& stream;

  template <class T>
  const T* input(int i) const {
    return static_cast<const T*>(inputs[i]);
  }
  template <class T>
  T* output(int i) const {
    return static_cast<T*>(outputs[i]);
  }
};

/// A prepared kernel. `run` checks nothing, allocates nothing and does not throw for anything a user can
/// cause. It may be run by several threads at once, each with arguments of its own.
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual void run(const KernelArgs& args) const = 0;
  /// Bytes of scratch memory that `run` wants in args.workspace, aligned to 64 bytes.
  virtual size_t workspace() const { return 0; }
  /// About how many bytes the kernel itself holds. Those that hold more than numbers say it: generated code,
  /// programs of their own.
  virtual size_t bytes() const { return 256; }
};

/// Layouts that a kernel would like best, one per operand.
struct LayoutWish {
  std::vector<Layout> inputs;
  std::vector<Layout> outputs;
};

/// One way to run an op on one kind of device. Candidates are tried in order; the plain reference comes last.
struct KernelCandidate {
  std::string name;
  /// Why this kernel cannot run `desc`; nothing when it can. Absent: it always can.
  std::optional<std::string> (*refuses)(const KernelDesc& desc) = nullptr;
  std::unique_ptr<Kernel> (*prepare)(const KernelDesc& desc) = nullptr;
  /// The layouts that it would like, for inputs as they lie; what it then refuses is the next kernel's. Absent: row-major.
  std::optional<LayoutWish> (*wishes)(const KernelDesc& desc) = nullptr;
};

/// A kernel made of a callable `void(const KernelArgs&)`, for kernels that need nothing but captured numbers.
template <class F>
std::unique_ptr<Kernel> make_kernel(F run, size_t workspace = 0) {
  struct Callable final : Kernel {
    Callable(F f, size_t w) : function(std::move(f)), bytes(w) {}
    void run(const KernelArgs& args) const override { function(args); }
    size_t workspace() const override { return bytes; }
    F function;
    size_t bytes;
  };
  return std::make_unique<Callable>(std::move(run), workspace);
}

}  // namespace lamina
