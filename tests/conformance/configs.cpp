// Reading what Keras's classes write of themselves, one by one.
#include "configs.h"

#include <exception>

#include "lamina/base/files.h"
#include "lamina/lamina.h"
#include "lamina/nn/detail/model_impl.h"

namespace {

using namespace lamina;

template <class Base>
Json again(const Json& object) {
  return Registry<Base>::from_json(object)->serialize();
}

Json again(const std::string& kind, const Json& object) {
  if (kind == "layers") return detail::layer_from_json(object)->serialize();
  if (kind == "losses") return again<Loss>(object);
  if (kind == "metrics") return again<Metric>(object);
  if (kind == "optimizers") return again<Optimizer>(object);
  if (kind == "optimizers.schedules") return again<LearningRateSchedule>(object);
  if (kind == "initializers") return again<Initializer>(object);
  if (kind == "regularizers") return again<Regularizer>(object);
  if (kind == "constraints") return again<Constraint>(object);
  throw InvalidArgument("unknown kind '" + kind + "'");
}

}  // namespace

void read_configs(const std::string& cases, const std::string& out) {
  Json results = Json::list();
  const Json all = Json::parse(read_file(cases), cases);
  for (const Json& one : all.as_list()) {
    try {
      results.push_back(Json::object({{"object", again(one.at("kind").as_string(), one.at("object"))}}));
    } catch (const std::exception& error) {
      results.push_back(Json::object({{"error", error.what()}}));
    }
  }
  write_file(out, results.dump());
}
