// The ConvLSTM layers: arguments and configuration; the cell does the work.
#include "lamina/nn/layers/conv_lstm.h"

#include "lamina/nn/config.h"
#include "lamina/nn/layers/gated_cell.h"

namespace lamina {

ConvLSTM::ConvLSTM(int64_t filters, const std::vector<int64_t>& kernel_size, const ConvLSTMOptions& options)
    : RecurrentLayer(std::make_shared<ConvLSTMCell>(filters, kernel_size, options),
                     detail::recurrent_arguments(options)),
      axes_(static_cast<int>(kernel_size.size())) {
  set_activity_regularizer(options.activity_regularizer);
}

const char* ConvLSTM::input_layout() const {
  static const char* const kLayouts[] = {"(batch, time, steps, channels)",
                                         "(batch, time, height, width, channels)",
                                         "(batch, time, depth, height, width, channels)"};
  return kLayouts[axes_ - 1];
}

Json ConvLSTM::own_config() const {
  Json config = RecurrentLayer::own_config();
  detail::append_json(config, static_cast<const ConvLSTMCell&>(cell()).own_config());
  return config;
}

ConvLSTM1D::ConvLSTM1D(int64_t filters, int64_t kernel_size, const ConvLSTMOptions& options)
    : KerasLayer<ConvLSTM1D, ConvLSTM>(filters, std::vector<int64_t>{kernel_size}, options) {}

ConvLSTM2D::ConvLSTM2D(int64_t filters, Size2 kernel_size, const ConvLSTMOptions& options)
    : KerasLayer<ConvLSTM2D, ConvLSTM>(filters, std::vector<int64_t>{kernel_size.height, kernel_size.width},
                                       options) {}

ConvLSTM3D::ConvLSTM3D(int64_t filters, Size3 kernel_size, const ConvLSTMOptions& options)
    : KerasLayer<ConvLSTM3D, ConvLSTM>(filters, kernel_size.values(), options) {}

namespace {

std::vector<int64_t> numbers(ConfigReader& reader, const char* key) {
  const Json value = reader.json(key);
  if (value.is_null()) return {};
  return value.is_list() ? reader.integers(key) : std::vector<int64_t>{reader.integer(key)};
}

// What the three read: options, filters and a number for each axis of the window.
struct Arguments {
  ConvLSTMOptions options;
  int64_t filters = 0;
  std::vector<int64_t> kernel_size;
};

Arguments arguments_of(const Json& config, const char* class_name, size_t axes) {
  ConfigReader reader(config, class_name);
  Arguments result;
  ConvLSTMOptions& options = result.options;
  detail::read_recurrent_arguments(reader, options);
  result.filters = reader.integer("filters");
  options.strides = numbers(reader, "strides");
  options.dilation_rate = numbers(reader, "dilation_rate");
  options.padding = reader.string("padding", "valid");
  reader.only("data_format", "channels_last");
  detail::read_gated_cell(reader, options);
  options.activity_regularizer = reader.regularizer("activity_regularizer");
  result.kernel_size = numbers(reader, "kernel_size");
  if (result.kernel_size.size() == 1) result.kernel_size.assign(axes, result.kernel_size[0]);
  if (result.kernel_size.size() != axes)
    reader.fail("kernel_size", "must be an integer or a list of " + std::to_string(axes));
  reader.done();
  return result;
}

const bool registered_1d = register_layer("ConvLSTM1D", [](const Json& config) -> std::shared_ptr<Layer> {
  const Arguments a = arguments_of(config, "ConvLSTM1D", 1);
  return std::make_shared<ConvLSTM1D>(a.filters, a.kernel_size[0], a.options);
});
const bool registered_2d = register_layer("ConvLSTM2D", [](const Json& config) -> std::shared_ptr<Layer> {
  const Arguments a = arguments_of(config, "ConvLSTM2D", 2);
  return std::make_shared<ConvLSTM2D>(a.filters, Size2(a.kernel_size[0], a.kernel_size[1]), a.options);
});
const bool registered_3d = register_layer("ConvLSTM3D", [](const Json& config) -> std::shared_ptr<Layer> {
  const Arguments a = arguments_of(config, "ConvLSTM3D", 3);
  const std::vector<int64_t>& k = a.kernel_size;
  return std::make_shared<ConvLSTM3D>(a.filters, Size3(k[0], k[1], k[2]), a.options);
});

}  // namespace

}  // namespace lamina
