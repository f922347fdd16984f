// Tensors with a value to JSON and back.
#include "lamina/nn/detail/operation_constant.h"

#include "lamina/ops/detail/nested_lists.h"

namespace lamina::detail {

Json constant_json(const Tensor& value) {
  return Json::object(
      {{"class_name", "__tensor__"},
       {"config", Json::object({{"value", nested_lists(value)}, {"dtype", name(value.dtype())}})}});
}

Tensor constant_from_json(const Json& json) {
  const Json* class_name = json.is_object() ? json.find("class_name") : nullptr;
  if (!class_name || !class_name->is_string()) return {};
  if (class_name->as_string() != "__tensor__" && class_name->as_string() != "__numpy__") return {};
  const Json& config = json.at("config");
  return from_nested_lists(config.at("value"), dtype_from_name(config.at("dtype").as_string()),
                           "a constant of the configuration has");
}

}  // namespace lamina::detail
