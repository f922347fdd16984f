// Rescaling.
#include "lamina/nn/layers/rescaling.h"

#include "lamina/nn/config.h"
#include "lamina/ops/binary.h"

namespace lamina {
namespace {

Tensor vector_of(const PerChannel& numbers) {
  return Tensor::from(std::vector<float>(numbers.values.begin(), numbers.values.end()),
                      {static_cast<int64_t>(numbers.values.size())});
}

Json json_of(const PerChannel& numbers) {
  if (!numbers.list) return numbers.values[0];
  Json list = Json::list();
  for (const double number : numbers.values) list.push_back(number);
  return list;
}

}  // namespace

Rescaling::Rescaling(const PerChannel& scale, const RescalingOptions& options)
    : KerasLayer<Rescaling>(options.name, true), scale_(scale), offset_(options.offset) {}

Shape Rescaling::compute_output_shape(const Shape& input) const {
  for (const PerChannel* numbers : {&scale_, &offset_}) {
    const auto count = static_cast<int64_t>(numbers->values.size());
    if (numbers->list && count != 1 && (input.rank() < 2 || input[-1] != count)) {
      fail("has numbers for " + std::to_string(count) + " channels, received input of shape " + input.str());
    }
  }
  return input;
}

Tensor Rescaling::call(const Tensor& x, CallContext&) const {
  const Tensor y = scale_.list ? x * vector_of(scale_) : x * scale_.values[0];
  if (offset_.list) return y + vector_of(offset_);
  return offset_.values[0] == 0 ? y : y + offset_.values[0];
}

Json Rescaling::own_config() const {
  return Json::object({{"scale", json_of(scale_)}, {"offset", json_of(offset_)}});
}

namespace {

PerChannel per_channel(ConfigReader& reader, const Json& config, const char* key,
                       std::optional<double> otherwise) {
  const Json* value = config.find(key);
  if (!value || !value->is_list()) return reader.number(key, otherwise);
  PerChannel numbers(0.0);
  numbers.list = true;
  numbers.values = reader.numbers(key);
  return numbers;
}

const bool rescaling_registered = register_layer("Rescaling", [](const Json& config) -> std::shared_ptr<Layer> {
  ConfigReader reader(config, "Rescaling");
  RescalingOptions options;
  bool trainable = true;
  std::string dtype;
  reader.layer_arguments(options.name, trainable, &dtype);
  const PerChannel scale = per_channel(reader, config, "scale", std::nullopt);
  options.offset = per_channel(reader, config, "offset", 0);
  reader.done();
  const auto layer = std::make_shared<Rescaling>(scale, options);
  if (!dtype.empty()) layer->set_dtype_policy(dtype);
  return layer;
});

}  // namespace

}  // namespace lamina
