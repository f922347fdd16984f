// Layers of adaptive pooling.
#include "lamina/nn/layers/adaptive_pooling.h"

#include "lamina/nn/config.h"
#include "lamina/ops/adaptive_pool.h"

namespace lamina {

AdaptivePooling::AdaptivePooling(std::vector<int64_t> output_size, Pool pool,
                                 const AdaptivePoolingOptions& options)
    : Layer(options.name, options.trainable, options.dtype),
      output_size_(std::move(output_size)),
      pool_(pool) {}

void AdaptivePooling::check() const {
  for (const int64_t size : output_size_) {
    if (size < 1 || size > (int64_t{1} << 30))
      fail("output_size must be positive and below 2^30, received " + std::to_string(size));
  }
}

Shape AdaptivePooling::compute_output_shape(const Shape& input) const {
  static const char* const kLayouts[] = {"(batch, steps, channels)", "(batch, height, width, channels)",
                                         "(batch, depth, height, width, channels)"};
  const int axes = static_cast<int>(output_size_.size());
  require_rank(input, axes + 2, kLayouts[axes - 1]);
  Shape output = input;
  for (int i = 0; i < axes; ++i) {
    if (input[i + 1] == 0) fail("there is nothing to pool in input of shape " + input.str());
    output.set(i + 1, output_size_[static_cast<size_t>(i)]);
  }
  return output;
}

Tensor AdaptivePooling::call(const Tensor& x, CallContext&) const { return pool_(x, output_size_); }

Json AdaptivePooling::own_config() const {
  Json size = Json::list();
  for (const int64_t extent : output_size_) size.push_back(extent);
  return Json::object({{"output_size", size}, {"data_format", "channels_last"}});
}

AdaptiveAveragePooling1D::AdaptiveAveragePooling1D(int64_t output_size, const AdaptivePoolingOptions& options)
    : KerasLayer<AdaptiveAveragePooling1D, AdaptivePooling>({output_size}, adaptive_average_pool, options) {
  check();
}

AdaptiveAveragePooling2D::AdaptiveAveragePooling2D(Size2 output_size, const AdaptivePoolingOptions& options)
    : KerasLayer<AdaptiveAveragePooling2D, AdaptivePooling>({output_size.height, output_size.width},
                                                            adaptive_average_pool, options) {
  check();
}

AdaptiveAveragePooling3D::AdaptiveAveragePooling3D(Size3 output_size, const AdaptivePoolingOptions& options)
    : KerasLayer<AdaptiveAveragePooling3D, AdaptivePooling>(output_size.values(), adaptive_average_pool,
                                                            options) {
  check();
}

AdaptiveMaxPooling1D::AdaptiveMaxPooling1D(int64_t output_size, const AdaptivePoolingOptions& options)
    : KerasLayer<AdaptiveMaxPooling1D, AdaptivePooling>({output_size}, adaptive_max_pool, options) {
  check();
}

AdaptiveMaxPooling2D::AdaptiveMaxPooling2D(Size2 output_size, const AdaptivePoolingOptions& options)
    : KerasLayer<AdaptiveMaxPooling2D, AdaptivePooling>({output_size.height, output_size.width},
                                                        adaptive_max_pool, options) {
  check();
}

AdaptiveMaxPooling3D::AdaptiveMaxPooling3D(Size3 output_size, const AdaptivePoolingOptions& options)
    : KerasLayer<AdaptiveMaxPooling3D, AdaptivePooling>(output_size.values(), adaptive_max_pool, options) {
  check();
}

namespace {

// Keras writes a list, and takes one number for all axes.
template <class Pooling, size_t axes>
std::shared_ptr<Layer> made(const Json& config, const char* class_name) {
  ConfigReader reader(config, class_name);
  AdaptivePoolingOptions options;
  reader.layer_arguments(options.name, options.trainable, &options.dtype);
  std::vector<int64_t> size = reader.json("output_size").is_list()
                                  ? reader.integers("output_size")
                                  : std::vector<int64_t>(axes, reader.integer("output_size"));
  if (size.size() != axes)
    reader.fail("output_size", "must be an integer or a list of " + std::to_string(axes));
  reader.only("data_format", "channels_last");
  reader.done();
  if constexpr (axes == 1) return std::make_shared<Pooling>(size[0], options);
  if constexpr (axes == 2) return std::make_shared<Pooling>(Size2(size[0], size[1]), options);
  if constexpr (axes == 3) return std::make_shared<Pooling>(Size3(size[0], size[1], size[2]), options);
}

template <class Pooling, size_t axes, const char* name>
bool add() {
  return register_layer(name, [](const Json& config) { return made<Pooling, axes>(config, name); });
}

constexpr char kAverage1[] = "AdaptiveAveragePooling1D";
constexpr char kAverage2[] = "AdaptiveAveragePooling2D";
constexpr char kAverage3[] = "AdaptiveAveragePooling3D";
constexpr char kMax1[] = "AdaptiveMaxPooling1D";
constexpr char kMax2[] = "AdaptiveMaxPooling2D";
constexpr char kMax3[] = "AdaptiveMaxPooling3D";
const bool adaptive_pooling_registered =
    add<AdaptiveAveragePooling1D, 1, kAverage1>() && add<AdaptiveAveragePooling2D, 2, kAverage2>() &&
    add<AdaptiveAveragePooling3D, 3, kAverage3>() && add<AdaptiveMaxPooling1D, 1, kMax1>() &&
    add<AdaptiveMaxPooling2D, 2, kMax2>() && add<AdaptiveMaxPooling3D, 3, kMax3>();

}  // namespace

}  // namespace lamina
