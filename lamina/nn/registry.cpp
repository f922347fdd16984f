// How Keras writes an object.
#include "lamina/nn/registry.h"

namespace lamina {

Json serialize_object(const std::string& module, const std::string& class_name, Json config) {
  return Json::object({{"module", module},
                       {"class_name", class_name},
                       {"config", std::move(config)},
                       {"registered_name", nullptr}});
}

}  // namespace lamina
