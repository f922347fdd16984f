// The registry of operations.
#include "lamina/core/operation.h"

#include <algorithm>
#include <map>

#include "lamina/base/error.h"

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

void place_arguments(const Operation& operation, OperationCall& call,
                     std::vector<std::pair<std::string, OperationArgument>> by_name) {
  const std::vector<std::string>& names = operation.arguments;
  const auto absent = [](const OperationArgument& argument) {
    const Json* value = std::get_if<Json>(&argument);
    return value && value->is_null();
  };
  const bool any_number = !names.empty() && names.back().starts_with('*');
  if (call.args.size() > names.size() && !any_number) {
    throw InvalidArgument("operation " + call.class_name + ": expected " + std::to_string(names.size()) +
                          " arguments at most, received " + std::to_string(call.args.size()));
  }
  const size_t in_order = call.args.size();
  for (auto& [name, argument] : by_name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      throw InvalidArgument("operation " + call.class_name + ": it takes no argument '" + name + "'" +
                            suggest(name, names));
    }
    const auto place = static_cast<size_t>(found - names.begin());
    if (place < in_order) {
      throw InvalidArgument("operation " + call.class_name + ": the argument '" + name +
                            "' is given twice: by its place and by its name");
    }
    if (call.args.size() <= place) call.args.resize(place + 1, Json());
    call.args[place] = std::move(argument);
  }
  while (!call.args.empty() && absent(call.args.back())) call.args.pop_back();
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
