// Zeros, Ones, Constant, Identity.
#include "lamina/nn/initializers/constant.h"

#include <vector>

#include "lamina/base/error.h"
#include "lamina/nn/config.h"
#include "lamina/ops/cast.h"
#include "lamina/ops/full.h"

namespace lamina {
namespace {

template <class I>
std::shared_ptr<Initializer> plain(const Json&) {
  return std::make_shared<I>();
}

const bool constant_registered = [] {
  using Known = Registry<Initializer>;
  Known::add("Zeros", plain<Zeros>, {"zeros", "zero"});
  Known::add("Ones", plain<Ones>, {"ones", "one"});
  Known::add("Constant",
             [](const Json& config) -> std::shared_ptr<Initializer> {
               ConfigReader reader(config, "Constant");
               const double value = reader.number("value", 0.0);
               reader.done();
               return std::make_shared<Constant>(value);
             },
             {"constant"});
  Known::add("Identity",
             [](const Json& config) -> std::shared_ptr<Initializer> {
               ConfigReader reader(config, "Identity");
               const double gain = reader.number("gain", 1.0);
               reader.done();
               return std::make_shared<Identity>(gain);
             },
             {"identity", "IdentityInitializer"});
  return true;
}();

}  // namespace

Json Constant::config() const { return Json::object({{"value", value_}}); }

Json Identity::config() const { return gain_ == 1 ? Json::object() : Json::object({{"gain", gain_}}); }

Tensor Zeros::operator()(const TensorType& type, uint64_t, int) const {
  return zeros(type.shape, type.dtype);
}

Tensor Ones::operator()(const TensorType& type, uint64_t, int) const { return ones(type.shape, type.dtype); }

Tensor Constant::operator()(const TensorType& type, uint64_t, int) const {
  return full(type.shape, value_, type.dtype);
}

Tensor Identity::operator()(const TensorType& type, uint64_t, int) const {
  if (type.shape.rank() != 2) {
    throw InvalidArgument("Identity: only matrices have a diagonal; received the shape " + type.shape.str());
  }
  std::vector<double> values(static_cast<size_t>(type.shape.size()), 0.0);
  const int64_t columns = type.shape[1];
  for (int64_t i = 0; i < type.shape[0] && i < columns; ++i)
    values[static_cast<size_t>(i * columns + i)] = gain_;
  return cast(Tensor::from(values, type.shape), type.dtype);
}

}  // namespace lamina
