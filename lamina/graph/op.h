// The op record: everything that the engine knows of an op, declared once, in the op's own file.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lamina/base/device.h"
#include "lamina/graph/attrs.h"
#include "lamina/graph/kernel.h"
#include "lamina/graph/type.h"

namespace lamina {

class Tensor;

/// Which dtypes an argument accepts.
enum class DTypeClass { kAny, kNumeric, kFloating, kInteger, kBool };

struct ArgSpec {
  std::string name = {};
  DTypeClass dtypes = DTypeClass::kAny;
  /// Elementwise ops: the tile instruction gets the whole tensor instead of a tile of it (a random key).
  bool whole = false;
};

/// What `infer` is given: attributes and the types of the inputs.
struct InferArgs {
  const Op& op;
  const Attrs& attrs;
  std::span<const TensorType> inputs;

  /// Throws InvalidArgument "op: what; got " and the inputs' types, where there are inputs.
  [[noreturn]] void fail(const std::string& what) const;
};

/// What `vjp` is given. Gradients of outputs that nothing depends on are undefined tensors.
struct VjpArgs {
  const Attrs& attrs;
  std::span<const Tensor> inputs;
  std::span<const Tensor> outputs;
  std::span<const Tensor> grads;
};

/// What `flops` is given: attributes and types of one application of the op.
struct CostArgs {
  const Attrs& attrs;
  std::span<const TensorType> inputs, outputs;
};

struct TileArgs;
/// One instruction of the tile machine: reads `n` contiguous elements of each operand, writes `n`.
using TileFunction = void (*)(const TileArgs& args);

/// Operands of one tile instruction. All lie in cache and hold `n` elements; `out` may be one of `in`.
struct TileArgs {
  const void* const* in;
  void* out;
  int64_t n;
  int64_t first;  ///< index in the whole tensor of element 0, for counter-based random numbers
  const Attrs* attrs;
};

struct Op {
  std::string name;
  /// One line: what it computes, in mathematics where that is shortest.
  std::string doc;
  std::vector<ArgSpec> inputs = {};
  /// True when the last of `inputs` may occur any number of times (concatenate); with no
  /// `inputs` listed, any number of any dtype may come.
  bool variadic = false;
  std::vector<std::string> outputs = {};
  /// Reads the attributes that Attrs::str wrote; null for ops without. `register_op<A>` sets it.
  Attrs (*read_attrs)(TextCursor& text) = nullptr;

  /// Output types from input types. All argument checking happens here; dtype classes were checked before.
  std::vector<TensorType> (*infer)(const InferArgs& args) = nullptr;

  /// Floating-point operations of one run; a multiply-add counts as two, a function of one number (exp) as
  /// one. Null: elementwise ops count one for each element of the output, ops with a body what the body
  /// counts, views none. What only moves elements says no_flops.
  double (*flops)(const CostArgs& args) = nullptr;

  /// Gradients with respect to the inputs, written with public ops; an undefined tensor for an input that has
  /// none. Null when no input has a derivative: then `no_gradient` says why.
  std::vector<Tensor> (*vjp)(const VjpArgs& args) = nullptr;
  std::string no_gradient = {};

  /// For fused ops: the same result in smaller ops. Fallback where no kernel can run, and test oracle.
  std::vector<Tensor> (*body)(const Attrs& attrs, std::span<const Tensor> inputs) = nullptr;

  /// For elementwise ops (all inputs broadcast to the output's shape): the instruction of the tile machine
  /// for the given dtypes, or null for dtypes it has none for.
  TileFunction (*tile)(std::span<const DType> inputs, DType output) = nullptr;
  bool elementwise = false;
  /// The tile instruction uses TileArgs::first: what an element becomes depends on its row-major place.
  bool positional = false;
  /// What one element costs the tile instruction, in additions; decides when work is shared among threads.
  int tile_cost = 1;

  /// The output is the first input's storage under another shape: no kernel runs (reshape).
  bool view = false;
  /// Outputs that a kernel may write over an input of the same type: {output, input}.
  std::vector<std::pair<int, int>> in_place = {};
  /// Any output may be written over any input of the same type (elementwise ops).
  bool in_place_any = false;

  /// The output equals the first input wherever both have one type (identity, cast).
  bool same_if_type_stays = false;
  /// Every element of the output is one of the first input's, so that of a constant it makes a constant.
  bool moves_elements = false;
  /// The output is the first input repeated: elementwise readers may read that instead.
  bool repeats = false;
  /// Applied twice it gives back what it was given.
  bool own_inverse = false;
  /// Elementwise ops: linear in all inputs together, with the same factors for all elements.
  bool linear = false;
  /// Elementwise ops of two inputs: the number that, as the left or right one, leaves the other as it is.
  std::optional<double> neutral_left = {};
  std::optional<double> neutral_right = {};

  /// For ops whose last outputs exist for others' derivatives alone: the attributes under which only the
  /// outputs up to the last used one are made, or nothing when all are needed.
  std::optional<Attrs> (*without_unused)(const Attrs& attrs, const std::vector<bool>& used) = nullptr;

  /// Kernel candidates on `device`, best first: those for this op on this kind of device; where there are
  /// none, those for this op on every device; where there are none, those of the device for every op.
  const std::vector<KernelCandidate>& kernels(DeviceKind device) const;
};

/// Op::flops of an op that only moves elements.
inline double no_flops(const CostArgs&) { return 0; }

/// Adds an op to the registry, before main. Throws InternalError for a name that is taken or a record that
/// lacks doc or infer. The reference stays valid for the life of the process.
const Op& register_op(Op op);
/// The same for an op whose attributes are a struct `A`, so that graphs with it are read back from their
/// text.
template <class A>
const Op& register_op(Op op) {
  op.read_attrs = read_attrs<A>;
  return register_op(std::move(op));
}

/// Adds kernel candidates for the op of that name, before main, in front of those registered with a lower
/// priority. Without a device they are for every one: kernels that only order the work of others (loops).
/// Without a name of an op (kEveryOp) they are for all ops of the device that it has no others for.
struct KernelRegistration {
  static constexpr const char* kEveryOp = "";
  KernelRegistration(const std::string& op, std::optional<DeviceKind> device,
                     std::vector<KernelCandidate> candidates, int priority = 0);
};

/// Whether a kernel candidate on `device` accepts `desc`.
bool has_kernel(const KernelDesc& desc, DeviceKind device);

/// The op of that name; throws InvalidArgument, suggesting the nearest, when there is none.
const Op& find_op(const std::string& name);
/// Every op, by name.
std::vector<const Op*> all_ops();

/// Checks the number and dtype classes of the inputs, calls the op's infer, and checks that memory could hold
/// the outputs.
std::vector<TensorType> infer(const Op& op, const Attrs& attrs, std::span<const TensorType> inputs);

}  // namespace lamina
