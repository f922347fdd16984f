// Registering TensorFlow's operators, and calling ONNX's from them.
#include "lamina/formats/saved_model/operator.h"

#include <algorithm>
#include <map>

namespace lamina::tensorflow {
namespace {

std::map<std::string, std::vector<std::string>, std::less<>>& outputs() {
  static std::map<std::string, std::vector<std::string>, std::less<>> all;
  return all;
}

}  // namespace

bool register_operator(const char* name, Apply apply, std::vector<std::string> names) {
  outputs()[name] = std::move(names);
  return onnx::register_operator(name, 1, apply, {}, kDomain);
}

bool register_run_operator(const char* name, Apply apply, std::vector<std::string> names) {
  outputs()[name] = std::move(names);
  return onnx::register_run_operator(name, 1, apply, kDomain);
}

int output_of(std::string_view op, std::string_view name, int place) {
  const auto found = outputs().find(op);
  if (found == outputs().end()) return place;
  const auto& names = found->second;
  const auto at = std::find(names.begin(), names.end(), name);
  return place + static_cast<int>(at == names.end() ? 0 : at - names.begin());
}

std::vector<Value> apply_onnx(Call& call, const char* op, std::vector<Value> inputs,
                              std::initializer_list<Attribute> attributes) {
  lamina_onnx_file::NodeProto node;
  node.set_op_type(op);
  for (const Attribute& attribute : attributes) {
    auto& proto = *node.add_attribute();
    proto.set_name(attribute.name);
    if (const auto* integer = std::get_if<int64_t>(&attribute.value)) proto.set_i(*integer);
    if (const auto* number = std::get_if<double>(&attribute.value)) proto.set_f(static_cast<float>(*number));
    if (const auto* text = std::get_if<std::string>(&attribute.value)) proto.set_s(*text);
    if (const auto* list = std::get_if<std::vector<int64_t>>(&attribute.value)) {
      for (const int64_t each : *list) proto.add_ints(each);
    }
  }
  for (size_t i = 0; i < 8; ++i) node.add_output("y");
  return call.apply(node, std::move(inputs));
}

Value as_channels_second(const Value& x) {
  return Value::lying(x.tensor(), onnx::channels_last(x.rank()), x.type());
}

Tensor channels_last(const Value& x) { return x.in_order(onnx::channels_last(x.rank())); }

Value integers_value(const std::vector<int64_t>& values) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())});
}

}  // namespace lamina::tensorflow
