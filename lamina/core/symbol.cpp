// Symbolic tensors, masks, and the registry of operations.
#include "lamina/core/symbol.h"

#include <map>

#include "lamina/base/error.h"
#include "lamina/core/tensor_node.h"

namespace lamina {
namespace {

// Function-local, so that ops of any translation unit can register in any order before main.
std::map<std::string, Operation>& operations() {
  static std::map<std::string, Operation> map;
  return map;
}

std::vector<Tensor> (*operation_recorder)(OperationCall call) = nullptr;

[[noreturn]] void lacks(const OperationCall& call, size_t place, const char* what) {
  throw InvalidArgument("operation " + call.class_name + ": argument " + std::to_string(place) + " is " +
                        (place < call.args.size() ? "not " : "missing; expected ") + what);
}

template <class T>
const T& get(const OperationCall& call, size_t place, const char* what) {
  const T* found = place < call.args.size() ? std::get_if<T>(&call.args[place]) : nullptr;
  if (!found) lacks(call, place, what);
  return *found;
}

}  // namespace

bool is_symbolic(const Tensor& x) { return x.defined() && x.node()->symbol; }

Tensor mask_of(const Tensor& x) { return x.defined() ? x.node()->mask : Tensor(); }

void set_mask(const Tensor& x, const Tensor& mask) {
  x.type();  // throws for an undefined tensor
  x.node()->mask = mask;
}

const Tensor& OperationCall::tensor(size_t place) const { return get<Tensor>(*this, place, "a tensor"); }

const std::vector<Tensor>& OperationCall::tensors(size_t place) const {
  return get<std::vector<Tensor>>(*this, place, "a list of tensors");
}

Json OperationCall::value(size_t place) const {
  const Json* found = place < args.size() ? std::get_if<Json>(&args[place]) : nullptr;
  return found ? *found : Json();
}

double OperationCall::number(size_t place) const {
  const Json& found = get<Json>(*this, place, "a number");
  if (!found.is_number()) lacks(*this, place, "a number");
  return found.as_double();
}

bool register_operation(Operation operation) {
  const std::string name = operation.class_name;
  if (!operations().emplace(name, std::move(operation)).second)
    throw InternalError("operation '" + name + "' is registered twice");
  return true;
}

const Operation* find_operation(const std::string& class_name) {
  const auto found = operations().find(class_name);
  return found == operations().end() ? nullptr : &found->second;
}

std::vector<std::string> operation_names() {
  std::vector<std::string> names;
  for (const auto& [name, operation] : operations()) names.push_back(name);
  return names;
}

namespace detail {

Tensor symbolic(const TensorType& type, std::shared_ptr<const Symbol> symbol) {
  auto node = std::make_shared<TensorNode>();
  node->type = type;
  node->device = current_device();
  node->symbol = std::move(symbol);
  return Tensor(std::move(node));
}

const std::shared_ptr<const Symbol>& symbol_of(const Tensor& x) { return x.node()->symbol; }

Tensor record(OperationCall call) { return record_all(std::move(call)).at(0); }

std::vector<Tensor> record_all(OperationCall call) {
  if (!operation_recorder) throw InternalError("nothing records operations on symbolic tensors");
  return operation_recorder(std::move(call));
}

bool set_operation_recorder(std::vector<Tensor> (*recorder)(OperationCall call)) {
  operation_recorder = recorder;
  return true;
}

}  // namespace detail
}  // namespace lamina
