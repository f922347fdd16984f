// TensorFlow's operators: records in the registry of ONNX's, in a domain of their own. Internal header.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lamina/formats/onnx/operator.h"

namespace lamina::tensorflow {

using onnx::Apply;
using onnx::Call;
using onnx::ElementType;
using onnx::Value;

/// The domain of TensorFlow's operators.
inline constexpr char kDomain[] = "tensorflow";

/// The operator that makes a table of its keys and its values; TensorFlow has tables as things beyond values.
inline constexpr char kTable[] = "LaminaTable";

/// Adds an operator, before main. `outputs`: its outputs as TensorFlow calls them, where it has several by
/// different names: functions name them "node:output:place". Returns true, for a static variable.
bool register_operator(const char* name, Apply apply, std::vector<std::string> outputs = {});
/// The same for what is computed in every run, whatever its inputs are: loops, which may take long, and what
/// gives values that a file cannot keep.
bool register_run_operator(const char* name, Apply apply, std::vector<std::string> outputs = {});

/// Which output of an operator "name:place" is.
int output_of(std::string_view op, std::string_view name, int place);

/// One attribute of another operator.
struct Attribute {
  const char* name;
  std::variant<int64_t, double, std::string, std::vector<int64_t>> value;
};

/// What the operator of ONNX gives for these, in its newest version.
std::vector<Value> apply_onnx(Call& call, const char* op, std::vector<Value> inputs,
                              std::initializer_list<Attribute> attributes = {});

/// A tensor of images (batch, ..., channels) as ONNX has them, where they lie; and back.
Value as_channels_second(const Value& x);
Tensor channels_last(const Value& x);

/// Integers as an input of another operator.
Value integers_value(const std::vector<int64_t>& values);

}  // namespace lamina::tensorflow
