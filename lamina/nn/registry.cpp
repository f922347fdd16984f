// How Keras writes an object, so that every Keras 3 reads it.
#include "lamina/nn/registry.h"

#include "lamina/nn/detail/keras_additions.h"

namespace lamina {

Json serialize_object(const std::string& module, const std::string& class_name, Json config) {
  const bool of_keras = module == "keras" || module.starts_with("keras.");
  if (of_keras) config = detail::without_young_defaults(class_name, std::move(config));
  return Json::object({{"module", module},
                       {"class_name", class_name},
                       {"config", std::move(config)},
                       {"registered_name", nullptr}});
}

}  // namespace lamina
