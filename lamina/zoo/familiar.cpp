// Figures of pictures, and how far they are from those of the training.
#include "lamina/zoo/familiar.h"

#include <algorithm>
#include <cmath>

#include "lamina/base/error.h"
#include "lamina/base/log.h"
#include "lamina/ops/linalg.h"

namespace lamina {
namespace {

constexpr char kFamiliar[] = "familiar";
constexpr int64_t kGrid = Familiar::kSide * Familiar::kSide;
constexpr size_t kAll = static_cast<size_t>(Familiar::kFigures);
constexpr size_t kTriangle = kAll * (kAll + 1) / 2;
constexpr int64_t kFolds = 5;
constexpr double kShrink = 0.1;
// A figure that hardly differs among the pictures of the training is not known better than this.
constexpr double kLeastSpread = 0.02;

using FigureRow = std::vector<double>;

bool has_grids(const Tensor& pictures) {
  return pictures.defined() && pictures.rank() == 4 && pictures.shape()[1] >= Familiar::kSide &&
         pictures.shape()[2] >= Familiar::kSide && pictures.shape()[3] >= 1;
}

struct GreyPicture {
  int64_t height, width;
  std::vector<double> values;

  double at(int64_t y, int64_t x) const { return values[static_cast<size_t>(y * width + x)]; }

  double deviation() const {
    double mean = 0, squares = 0;
    for (const double value : values) mean += value / static_cast<double>(values.size());
    for (const double value : values) squares += (value - mean) * (value - mean);
    return std::sqrt(squares / static_cast<double>(values.size()));
  }

  // The mean difference of neighbours.
  double roughness() const {
    double across = 0, down = 0;
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x + 1 < width; ++x) across += std::abs(at(y, x + 1) - at(y, x));
    }
    for (int64_t y = 0; y + 1 < height; ++y) {
      for (int64_t x = 0; x < width; ++x) down += std::abs(at(y + 1, x) - at(y, x));
    }
    return across / static_cast<double>(std::max<int64_t>(height * (width - 1), 1)) +
           down / static_cast<double>(std::max<int64_t>((height - 1) * width, 1));
  }

  GreyPicture halved() const {
    GreyPicture half{height / 2, width / 2, {}};
    for (int64_t y = 0; y < half.height; ++y) {
      for (int64_t x = 0; x < half.width; ++x)
        half.values.push_back((at(2 * y, 2 * x) + at(2 * y, 2 * x + 1) + at(2 * y + 1, 2 * x) + at(2 * y + 1, 2 * x + 1)) / 4);
    }
    return half;
  }

  GreyPicture grid() const {
    GreyPicture means{Familiar::kSide, Familiar::kSide, FigureRow(static_cast<size_t>(kGrid))};
    FigureRow counts(means.values.size());
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        const auto place = static_cast<size_t>(y * Familiar::kSide / height * Familiar::kSide + x * Familiar::kSide / width);
        means.values[place] += at(y, x);
        counts[place] += 1;
      }
    }
    for (size_t i = 0; i < counts.size(); ++i) means.values[i] /= counts[i];
    return means;
  }
};

// The light in the picture's own units, which are divided by the contrast of the training later.
FigureRow figures_of(GreyPicture picture) {
  constexpr double kNothing = 1e-6, kSmooth = 1e-3;
  const GreyPicture grid = picture.grid();
  const double of_grid = grid.deviation(), deviation = picture.deviation();
  double mean = 0;
  for (const double value : grid.values) mean += value / static_cast<double>(kGrid);
  FigureRow figures;
  for (const double value : grid.values) figures.push_back((value - mean) / std::max(of_grid, kNothing));
  figures.insert(figures.end(), {mean, deviation, of_grid});
  for (int64_t scale = 0; scale < Familiar::kScales; ++scale) {
    figures.push_back(std::log(picture.roughness() / std::max(deviation, kNothing) + kSmooth));
    picture = picture.halved();
  }
  return figures;
}

std::vector<FigureRow> figures_of(const Tensor& pictures) {
  const Shape shape = pictures.shape();
  const std::vector<float> pixels = pictures.to_vector<float>();
  const int64_t places = shape[1] * shape[2], channels = shape[3];
  std::vector<FigureRow> all;
  for (int64_t i = 0; i < shape[0]; ++i) {
    GreyPicture grey{shape[1], shape[2], FigureRow(static_cast<size_t>(places))};
    const float* pixel = pixels.data() + i * places * channels;
    for (double& value : grey.values) {
      for (int64_t c = 0; c < channels; ++c) value += *pixel++ / static_cast<double>(channels);
    }
    all.push_back(figures_of(std::move(grey)));
  }
  return all;
}

// Files hold six places behind the point, and so does what is computed with.
double rounded(double value) { return std::round(value * 1e6) / 1e6; }

void measure_light(FigureRow& figures, double contrast) {
  for (size_t i = kGrid; i < kGrid + 3; ++i) figures[i] /= contrast;
}

/// Means and whitening of figures whose light is measured.
Familiar fitted(const std::vector<const FigureRow*>& rows, double contrast) {
  const auto count = static_cast<double>(rows.size());
  Familiar result{contrast, FigureRow(kAll)};
  std::vector<double> spread(kAll), correlation(kAll * kAll);
  for (const FigureRow* row : rows) {
    for (size_t i = 0; i < kAll; ++i) result.mean[i] += (*row)[i] / count;
  }
  for (double& mean : result.mean) mean = rounded(mean);
  for (const FigureRow* row : rows) {
    for (size_t i = 0; i < kAll; ++i) {
      for (size_t j = 0; j < kAll; ++j)
        correlation[i * kAll + j] += ((*row)[i] - result.mean[i]) * ((*row)[j] - result.mean[j]) / count;
    }
  }
  for (size_t i = 0; i < kAll; ++i) spread[i] = std::max(std::sqrt(correlation[i * kAll + i]), kLeastSpread);
  std::vector<double> one(kAll * kAll);
  for (size_t i = 0; i < kAll; ++i) {
    for (size_t j = 0; j < kAll; ++j) correlation[i * kAll + j] *= (1 - kShrink) / (spread[i] * spread[j]);
    correlation[i * kAll + i] += kShrink;
    one[i * kAll + i] = 1;
  }
  const Shape square{Familiar::kFigures, Familiar::kFigures};
  const Tensor lower = linalg::cholesky(Tensor::from(correlation, square));
  const std::vector<double> inverse = linalg::solve_triangular(lower, Tensor::from(one, square), true).to_vector<double>();
  for (size_t i = 0; i < kAll; ++i) {
    for (size_t j = 0; j <= i; ++j) result.whitening.push_back(rounded(inverse[i * kAll + j] / spread[j]));
  }
  return result;
}

double distance_of(const FigureRow& figures, const Familiar& familiar) {
  double squares = 0;
  const double* row = familiar.whitening.data();
  for (size_t i = 0; i < kAll; row += ++i) {
    double value = 0;
    for (size_t j = 0; j <= i; ++j) value += row[j] * (figures[j] - familiar.mean[j]);
    squares += value * value;
  }
  return squares / static_cast<double>(kAll);
}

std::vector<double> familiar_numbers(const Json& section, const char* key, size_t count, const std::string& name) {
  const Json* const list = section.find(key);
  if (!list || !list->is_list() || list->size() != count)
    throw FileError(name + ": its section '" + kFamiliar + "' lacks " + std::to_string(count) + " numbers '" + key + "'");
  std::vector<double> numbers;
  for (const Json& each : list->as_list()) {
    if (!each.is_number() || !std::isfinite(each.as_double()))
      throw FileError(name + ": its section '" + kFamiliar + "' holds what is no number among '" + key + "'");
    numbers.push_back(each.as_double());
  }
  return numbers;
}

double familiar_number(const Json& section, const char* key, const std::string& name) {
  const Json* const value = section.find(key);
  if (!value || !value->is_number() || !(value->as_double() > 0) || !std::isfinite(value->as_double()))
    throw FileError(name + ": its section '" + kFamiliar + "' lacks a number '" + key + "' above 0");
  return value->as_double();
}

}  // namespace

Familiar Familiar::of_pictures(const Tensor& pictures) {
  if (!has_grids(pictures) || pictures.shape()[0] < kFewest)
    throw InvalidArgument("Familiar: expected ten or more pictures (samples, height, width, channels) of at least 8x8, received " +
                          (pictures.defined() ? pictures.shape().str() : std::string("none")));
  std::vector<FigureRow> all = figures_of(pictures);
  double contrast = 0;
  for (const FigureRow& row : all) contrast += row[kGrid + 1] / static_cast<double>(all.size());
  contrast = std::max(rounded(contrast), 1e-6);
  std::vector<const FigureRow*> rows;
  for (FigureRow& row : all) {
    measure_light(row, contrast);
    rows.push_back(&row);
  }
  Familiar result = fitted(rows, contrast);
  for (int64_t fold = 0; fold < kFolds; ++fold) {
    std::vector<const FigureRow*> others, held;
    for (size_t i = 0; i < rows.size(); ++i) (static_cast<int64_t>(i) % kFolds == fold ? held : others).push_back(rows[i]);
    const Familiar of_others = fitted(others, contrast);
    for (const FigureRow* row : held) result.most = std::max(result.most, rounded(distance_of(*row, of_others)));
  }
  return result;
}

std::vector<double> Familiar::distances(const Tensor& pictures) const {
  std::vector<double> distances;
  for (FigureRow& figures : figures_of(pictures)) {
    measure_light(figures, contrast);
    distances.push_back(distance_of(figures, *this));
  }
  return distances;
}

void Familiar::save(DataInfo& info) const {
  const auto list = [](const std::vector<double>& values) {
    Json numbers = Json::list();
    for (const double value : values) numbers.push_back(value);
    return numbers;
  };
  info.sections[kFamiliar] =
      Json::object({{"contrast", contrast}, {"mean", list(mean)}, {"whitening", list(whitening)}, {"most", most}});
}

std::optional<Familiar> Familiar::of(const DataInfo& info, const std::string& name) {
  const Json* const section = info.sections.find(kFamiliar);
  if (!section) return std::nullopt;
  if (!section->is_object()) throw FileError(name + ": its section '" + kFamiliar + "' is no object");
  return Familiar{familiar_number(*section, "contrast", name), familiar_numbers(*section, "mean", kAll, name),
                  familiar_numbers(*section, "whitening", kTriangle, name), familiar_number(*section, "most", name)};
}

void tell_unfamiliar(const DataInfo& info, const Tensor& pictures, const std::vector<std::string>& names) {
  const std::optional<Familiar> familiar = Familiar::of(info);
  if (!familiar || !has_grids(pictures) || pictures.size() == 0) return;
  const std::vector<double> distances = familiar->distances(pictures);
  const auto far = [&](double distance) { return !(distance <= familiar->most); };  // pixels that are no numbers, too
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
