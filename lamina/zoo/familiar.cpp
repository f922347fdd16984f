// Grids of light, and how far they are from those of the training.
#include "lamina/zoo/familiar.h"

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/log.h"

namespace lamina {
namespace {

constexpr char kFamiliar[] = "familiar";
constexpr size_t kPlaces = static_cast<size_t>(Familiar::kSide * Familiar::kSide);

using LightGrid = std::vector<double>;

bool has_grids(const Tensor& pictures) {
  return pictures.defined() && pictures.rank() == 4 && pictures.shape()[1] >= Familiar::kSide &&
         pictures.shape()[2] >= Familiar::kSide;
}

// Means over boxes, less their mean and over their deviation.
LightGrid light_grid(const float* pixels, int64_t height, int64_t width, int64_t channels) {
  LightGrid sums(kPlaces);
  std::vector<double> counts(kPlaces);
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      const auto place = static_cast<size_t>(y * Familiar::kSide / height * Familiar::kSide + x * Familiar::kSide / width);
      for (int64_t c = 0; c < channels; ++c) sums[place] += pixels[(y * width + x) * channels + c];
      counts[place] += static_cast<double>(channels);
    }
  }
  double mean = 0, squares = 0;
  for (size_t i = 0; i < kPlaces; ++i) {
    sums[i] /= counts[i];
    mean += sums[i] / static_cast<double>(kPlaces);
  }
  for (const double value : sums) squares += (value - mean) * (value - mean);
  const double deviation = std::sqrt(squares / static_cast<double>(kPlaces));
  for (double& value : sums) value = (value - mean) / std::max(deviation, 1e-6);
  return sums;
}

std::vector<LightGrid> light_grids(const Tensor& pictures) {
  const Shape shape = pictures.shape();
  const std::vector<float> pixels = pictures.to_vector<float>();
  const int64_t size = shape[1] * shape[2] * shape[3];
  std::vector<LightGrid> grids;
  for (int64_t i = 0; i < shape[0]; ++i) grids.push_back(light_grid(pixels.data() + i * size, shape[1], shape[2], shape[3]));
  return grids;
}

double light_distance(const LightGrid& grid, const Familiar& familiar) {
  double sum = 0;
  for (size_t i = 0; i < kPlaces; ++i) {
    const double z = (grid[i] - familiar.mean[i]) / familiar.deviation[i];
    sum += z * z;
  }
  return sum / static_cast<double>(kPlaces);
}

std::vector<double> numbers_of(const Json& section, const char* key, const std::string& name) {
  const Json* const list = section.find(key);
  if (!list || !list->is_list() || list->size() != kPlaces)
    throw FileError(name + ": its section '" + kFamiliar + "' lacks " + std::to_string(kPlaces) + " numbers '" + key + "'");
  std::vector<double> numbers;
  for (const Json& each : list->as_list()) {
    if (!each.is_number() || !std::isfinite(each.as_double()))
      throw FileError(name + ": its section '" + kFamiliar + "' holds what is no number among '" + key + "'");
    numbers.push_back(each.as_double());
  }
  return numbers;
}

}  // namespace

Familiar Familiar::of_pictures(const Tensor& pictures) {
  if (!has_grids(pictures) || pictures.shape()[0] < 2)
    throw InvalidArgument("Familiar: expected two or more pictures (samples, height, width, channels) of at least 8x8, received " +
                          (pictures.defined() ? pictures.shape().str() : std::string("none")));
  const std::vector<LightGrid> grids = light_grids(pictures);
  const auto count = static_cast<double>(grids.size());
  Familiar result;
  for (size_t i = 0; i < kPlaces; ++i) {
    double mean = 0, squares = 0;
    for (const LightGrid& grid : grids) mean += grid[i] / count;
    for (const LightGrid& grid : grids) squares += (grid[i] - mean) * (grid[i] - mean);
    result.mean.push_back(mean);
    result.deviation.push_back(std::max(std::sqrt(squares / count), 0.05));
  }
  for (const LightGrid& grid : grids) result.most = std::max(result.most, 1.5 * light_distance(grid, result));
  return result;
}

std::vector<double> Familiar::distances(const Tensor& pictures) const {
  std::vector<double> all;
  for (const LightGrid& grid : light_grids(pictures)) all.push_back(light_distance(grid, *this));
  return all;
}

void Familiar::save(DataInfo& info) const {
  Json means = Json::list(), deviations = Json::list();
  for (const double value : mean) means.push_back(value);
  for (const double value : deviation) deviations.push_back(value);
  info.sections[kFamiliar] = Json::object({{"mean", means}, {"deviation", deviations}, {"most", most}});
}

std::optional<Familiar> Familiar::of(const DataInfo& info, const std::string& name) {
  const Json* const section = info.sections.find(kFamiliar);
  if (!section) return std::nullopt;
  if (!section->is_object()) throw FileError(name + ": its section '" + kFamiliar + "' is no object");
  Familiar result{numbers_of(*section, "mean", name), numbers_of(*section, "deviation", name)};
  const Json* const most = section->find("most");
  const bool positive = std::all_of(result.deviation.begin(), result.deviation.end(), [](double each) { return each > 0; });
  if (!most || !most->is_number() || !positive)
    throw FileError(name + ": its section '" + kFamiliar + "' holds deviations that are not above 0, or no 'most'");
  result.most = most->as_double();
  return result;
}

void tell_unfamiliar(const DataInfo& info, const Tensor& pictures, const std::vector<std::string>& names) {
  const std::optional<Familiar> familiar = Familiar::of(info);
  if (!familiar || !has_grids(pictures) || pictures.size() == 0) return;
  const std::vector<double> distances = familiar->distances(pictures);
  const auto far = [&](double distance) { return distance > familiar->most; };
  const auto first = std::find_if(distances.begin(), distances.end(), far);
  if (first == distances.end()) return;
  const auto place = static_cast<size_t>(first - distances.begin());
  const auto count = std::count_if(distances.begin(), distances.end(), far);
  warn(std::to_string(count) + " of " + std::to_string(distances.size()) +
       " pictures are unlike those that the model has learned from, and what it says of them means nothing: " +
       (place < names.size() ? "'" + names[place] + "'" : "number " + std::to_string(place)) +
       (count > 1 ? " is the first" : "") + ". Are they of another kind?");
}

}  // namespace lamina
