// STFT: windows times cosines or sines.
#include "lamina/nn/initializers/stft.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "lamina/base/error.h"
#include "lamina/nn/config.h"
#include "lamina/ops/cast.h"

namespace lamina {
namespace {

// Windows that are sums of cosines, by their coefficients.
const std::map<std::string, std::vector<double>>& cosine_windows() {
  static const std::map<std::string, std::vector<double>> all = {
      {"boxcar", {1}},
      {"hann", {0.5, 0.5}},
      {"hamming", {0.54, 0.46}},
      {"blackman", {0.42, 0.5, 0.08}},
      {"nuttall", {0.3635819, 0.4891775, 0.1365995, 0.0106411}},
      {"blackmanharris", {0.35875, 0.48829, 0.14128, 0.01168}},
      {"flattop", {0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368}}};
  return all;
}

// The window's numbers; empty where there is none.
std::vector<double> window_of(const STFTOptions& options, int64_t length) {
  if (options.window.empty()) return options.window_values;
  std::vector<double> values(static_cast<size_t>(length), 1.0);
  if (length == 1) return values;
  const double steps = static_cast<double>(options.periodic ? length : length - 1);
  for (int64_t i = 0; i < length; ++i) {
    const double at = static_cast<double>(i) / steps;
    double value = options.window == "bartlett" ? 1 - std::abs(2 * at - 1) : 0;
    if (options.window != "bartlett") {
      const std::vector<double>& terms = cosine_windows().at(options.window);
      for (size_t k = 0; k < terms.size(); ++k)
        value += (k % 2 ? -1 : 1) * terms[k] * std::cos(2 * std::numbers::pi * static_cast<double>(k) * at);
    }
    values[static_cast<size_t>(i)] = value;
  }
  return values;
}

std::shared_ptr<Initializer> make_stft(const Json& config) {
  ConfigReader reader(config, "STFT");
  STFTOptions options;
  options.side = reader.string("side", options.side);
  const Json* const window = config.find("window");
  if (reader.json("window").is_list()) {
    options.window_values = reader.numbers("window");
    options.window.clear();
  } else {
    options.window = reader.string("window", window && window->is_null() ? "" : options.window);
  }
  const Json* const scaling = config.find("scaling");
  options.scaling = reader.string("scaling", scaling && scaling->is_null() ? "" : options.scaling);
  options.periodic = reader.boolean("periodic", options.periodic);
  reader.done();
  return std::make_shared<STFT>(options);
}

const bool stft_registered = Registry<Initializer>::add("STFT", make_stft, {"stft", "STFTInitializer"});

}  // namespace

STFT::STFT(STFTOptions options) : options_(std::move(options)) {
  const auto require = [](bool holds, const std::string& what) {
    if (!holds) throw InvalidArgument("STFT: " + what);
  };
  require(options_.side == "real" || options_.side == "imag",
          "side must be 'real' or 'imag', received '" + options_.side + "'");
  require(options_.scaling.empty() || options_.scaling == "density" || options_.scaling == "spectrum",
          "scaling must be 'density', 'spectrum' or none, received '" + options_.scaling + "'");
  std::string known = "bartlett";
  for (const auto& [name, terms] : cosine_windows()) known += ", " + name;
  require(options_.window.empty() || options_.window == "bartlett" || cosine_windows().contains(options_.window),
          "window '" + options_.window + "' is not known; one of " + known +
              " was expected, or a number for each sample of a frame");
}

Json STFT::config() const {
  Json window = options_.window.empty() ? Json() : Json(options_.window);
  if (options_.window.empty() && !options_.window_values.empty()) {
    window = Json::list({});
    for (const double value : options_.window_values) window.push_back(value);
  }
  return Json::object({{"side", options_.side},
                       {"window", window},
                       {"periodic", options_.periodic},
                       {"scaling", options_.scaling.empty() ? Json() : Json(options_.scaling)}});
}

Tensor STFT::operator()(const TensorType& type, uint64_t, int) const {
  if (type.shape.rank() != 3 || type.shape[1] != 1 || type.shape[0] < 1 || type.shape[2] < 1) {
    throw InvalidArgument("STFT: fills kernels of shape (frame_length, 1, frequencies); received the shape " +
                          type.shape.str());
  }
  const int64_t length = type.shape[0], frequencies = type.shape[2], whole = 2 * (frequencies - 1);
  std::vector<double> window = window_of(options_, length);
  if (!window.empty() && static_cast<int64_t>(window.size()) != length) {
    throw InvalidArgument("STFT: the window has " + std::to_string(window.size()) +
                          " numbers; the kernel has frames of " + std::to_string(length));
  }
  double total = 1;
  if (!window.empty() && options_.scaling == "density") {
    total = 0;
    for (const double value : window) total += value * value;
    total = std::sqrt(total);
  } else if (!window.empty() && options_.scaling == "spectrum") {
    total = 0;
    for (const double value : window) total += std::abs(value);
  }
  if (window.empty()) window.assign(static_cast<size_t>(length), 1.0);
  const bool imaginary = options_.side == "imag";
  std::vector<double> values;
  for (int64_t t = 0; t < length; ++t) {
    for (int64_t f = 0; f < frequencies; ++f) {
      const double angle = -2 * std::numbers::pi * static_cast<double>(t) * static_cast<double>(f) /
                           static_cast<double>(std::max<int64_t>(whole, 1));
      values.push_back((imaginary ? std::sin(angle) : std::cos(angle)) * window[static_cast<size_t>(t)] / total);
    }
  }
  return cast(Tensor::from(values, type.shape), type.dtype);
}

}  // namespace lamina
