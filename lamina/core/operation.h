// Operations: public ops as graphs of layers record them, by Keras's names. For authors of ops; lamina.h
// leaves it out.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/core/tensor.h"

namespace lamina {

/// One argument of an operation: a tensor, a list of them, or a plain value.
using OperationArgument = std::variant<Tensor, std::vector<Tensor>, Json>;

/// A public op applied to arguments of which some are symbolic, as Keras records it: constructor arguments in
/// `config`, call arguments in `args`.
struct OperationCall {
  std::string class_name;               ///< Keras's: "Mean"
  Json config = Json::object();         ///< {"axis": 1, "keepdims": false}
  std::vector<OperationArgument> args;  ///< x

  /// The tensor at that place. Throws InvalidArgument when there is none.
  const Tensor& tensor(size_t place) const;
  /// The list of tensors at that place. Throws InvalidArgument when there is none.
  const std::vector<Tensor>& tensors(size_t place) const;
  /// The plain value at that place, or null.
  Json value(size_t place) const;
  /// The number at that place. Throws InvalidArgument when there is none.
  double number(size_t place) const;
};

/// How an op is known in graphs of layers. Registered beside the op, before main.
struct Operation {
  std::string class_name;  ///< Keras's: "Mean"
  std::string module;      ///< Keras's: "keras.src.ops.numpy"
  /// The op on tensors that have values, or stand for arguments of a trace.
  Tensor (*run)(const OperationCall& call) = nullptr;
  /// In place of `run`, for ops that give several tensors.
  std::vector<Tensor> (*run_all)(const OperationCall& call) = nullptr;
  /// The outputs' types for those of the symbolic arguments, in which -1 is any extent. Without it they are
  /// found by tracing `run` with a few extents, which an op may refuse that wants multiples of something.
  std::vector<TensorType> (*infer)(const OperationCall& call,
                                   const std::vector<TensorType>& inputs) = nullptr;
  /// What the arguments of the call are called, in order, as Keras's class has them: files may give them by
  /// name. A last "*name" stands for any number, which have places alone.
  std::vector<std::string> arguments = {"x"};
};

/// Returns true.
bool register_operation(Operation operation);
/// Gives arguments that came by name their places in `call.args`, behind which no nulls are left. Throws
/// InvalidArgument for a name that the operation does not have, and for an argument that is given twice.
void place_arguments(const Operation& operation, OperationCall& call,
                     std::vector<std::pair<std::string, OperationArgument>> by_name);
/// The operation of that class, or nullptr.
const Operation* find_operation(const std::string& class_name);
/// The classes of all operations.
std::vector<std::string> operation_names();

namespace detail {

/// Draws an operation into the graph of its symbolic arguments; the symbolic result.
Tensor record(OperationCall call);
/// The same for ops that give several.
std::vector<Tensor> record_all(OperationCall call);
/// Who draws: the room that knows layers. Set before main.
bool set_operation_recorder(std::vector<Tensor> (*recorder)(OperationCall call));

}  // namespace detail
}  // namespace lamina
