// The registry of ops and their kernels.
#include "lamina/graph/op.h"

#include <algorithm>

namespace lamina {
namespace {

struct Candidates {
  struct Entry {
    int priority;
    std::vector<KernelCandidate> list;
  };
  std::vector<Entry> entries;
  std::vector<KernelCandidate> ordered;
};

// Function-local, so that records of any translation unit can register in any order before main.
std::map<std::string, Op>& ops() {
  static std::map<std::string, Op> map;
  return map;
}

using KernelKey = std::pair<std::string, std::optional<DeviceKind>>;

std::map<KernelKey, Candidates>& kernels() {
  static std::map<KernelKey, Candidates> map;
  return map;
}

bool accepts(DTypeClass wanted, DType dtype) {
  switch (wanted) {
    case DTypeClass::kAny:
      return true;
    case DTypeClass::kNumeric:
      return dtype != DType::kBool;
    case DTypeClass::kFloating:
      return is_floating(dtype);
    case DTypeClass::kInteger:
      return is_integer(dtype);
    case DTypeClass::kBool:
      return dtype == DType::kBool;
  }
  return false;
}

const char* describe(DTypeClass wanted) {
  switch (wanted) {
    case DTypeClass::kAny:
      return "any dtype";
    case DTypeClass::kNumeric:
      return "a numeric dtype";
    case DTypeClass::kFloating:
      return "a floating dtype";
    case DTypeClass::kInteger:
      return "an integer dtype";
    case DTypeClass::kBool:
      return "bool";
  }
  return "";
}

}  // namespace

void InferArgs::fail(const std::string& what) const {
  std::string types;
  for (const TensorType& type : inputs) types += (types.empty() ? "" : ", ") + type.str();
  throw InvalidArgument(op.name + ": " + what + (types.empty() ? "" : "; got " + types));
}

const std::vector<KernelCandidate>& Op::kernels(DeviceKind device) const {
  static const std::vector<KernelCandidate> none;
  const KernelKey places[] = {{name, device}, {name, std::nullopt}, {KernelRegistration::kEveryOp, device}};
  for (const KernelKey& place : places) {
    const auto found = lamina::kernels().find(place);
    if (found != lamina::kernels().end()) return found->second.ordered;
  }
  return none;
}

const Op& register_op(Op op) {
  if (op.doc.empty() || !op.infer) throw InternalError("op '" + op.name + "' lacks doc or infer");
  if (!op.vjp && op.no_gradient.empty()) {
    throw InternalError("op '" + op.name + "' has neither vjp nor a reason for having none");
  }
  const std::string name = op.name;
  const auto [entry, added] = ops().emplace(name, std::move(op));
  if (!added) throw InternalError("op '" + name + "' is registered twice");
  return entry->second;
}

KernelRegistration::KernelRegistration(const std::string& op, std::optional<DeviceKind> device,
                                       std::vector<KernelCandidate> candidates, int priority) {
  Candidates& all = kernels()[{op, device}];
  all.entries.push_back({priority, std::move(candidates)});
  std::stable_sort(all.entries.begin(), all.entries.end(),
                   [](const auto& a, const auto& b) { return a.priority > b.priority; });
  all.ordered.clear();
  for (const auto& entry : all.entries)
    all.ordered.insert(all.ordered.end(), entry.list.begin(), entry.list.end());
}

bool has_kernel(const KernelDesc& desc, DeviceKind device) {
  const auto& candidates = desc.op.kernels(device);
  return std::any_of(candidates.begin(), candidates.end(),
                     [&](const KernelCandidate& c) { return !c.refuses || !c.refuses(desc); });
}

const Op& find_op(const std::string& name) {
  const auto found = ops().find(name);
  if (found != ops().end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [known_name, op] : ops()) known.push_back(known_name);
  throw InvalidArgument("unknown op '" + name + "'" + suggest(name, known));
}

std::vector<const Op*> all_ops() {
  std::vector<const Op*> result;
  for (const auto& [name, op] : ops()) result.push_back(&op);
  return result;
}

std::vector<TensorType> infer(const Op& op, const Attrs& attrs, std::span<const TensorType> inputs) {
  const InferArgs args{op, attrs, inputs};
  const size_t wanted = op.inputs.size();
  if (op.variadic ? inputs.size() < wanted : inputs.size() != wanted) {
    args.fail("expected " + std::string(op.variadic ? "at least " : "") + std::to_string(wanted) +
              " inputs, got " + std::to_string(inputs.size()));
  }
  for (size_t i = 0; i < inputs.size() && wanted > 0; ++i) {
    const ArgSpec& spec = op.inputs[std::min(i, wanted - 1)];
    if (!accepts(spec.dtypes, inputs[i].dtype)) {
      args.fail("argument '" + spec.name + "' must have " + describe(spec.dtypes) + ", not " +
                name(inputs[i].dtype));
    }
  }
  std::vector<TensorType> outputs = op.infer(args);
  try {
    for (const TensorType& output : outputs) output.bytes();
  } catch (const InvalidArgument& too_large) {
    args.fail(too_large.what());
  }
  return outputs;
}

}  // namespace lamina
