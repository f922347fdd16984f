// What tells pictures of one person apart, taken away from an embedding: a projection, learned after the
// training.
#include <algorithm>
#include <cmath>
#include <map>

#include "lamina/base/error.h"
#include "lamina/ops/matmul.h"
#include "lamina/ops/transpose.h"
#include "lamina/zoo/detail/face_views.h"
#include "lamina/zoo/face_info.h"
#include "lamina/zoo/face_network.h"
#include "lamina/zoo/without_head.h"

namespace lamina {
namespace {

using Rows = std::vector<std::vector<float>>;

constexpr int64_t kPicturesAtATime = 32;
// Directions of nearly one spread are mixed, which changes nothing: they are shrunk alike.
constexpr int kIterations = 12;
// What was chosen was the best on persons 1 to 30 of AT&T's faces, ten held out at a time.
// Of the mean spread along a direction, so that no direction is taken away whole: among pictures of one
// person, and among persons.
constexpr double kWithin = 0.1, kAmong = 3;
constexpr size_t kAmongDirections = 20;
// Of the mean variance of a number, so that none counts for all.
constexpr double kLeastVariance = 0.3;
// Of the layer that divides by deviations: below kLeastVariance / (1 + kLeastVariance), squared.
constexpr float kEpsilon = 1e-3F;

// What the layers before the projection say of each picture, the mean over its views.
Rows features_of(const Model& model, const Tensor& pictures) {
  Model asked = without_head(model, kFaceFeatures).model;
  const Shape& extents = pictures.shape();
  const std::vector<uint8_t> pixels = pictures.to_vector<uint8_t>();
  const int64_t size = extents[1] * extents[2];
  Rows rows;
  for (int64_t first = 0; first < extents[0]; first += kPicturesAtATime) {
    const int64_t count = std::min(kPicturesAtATime, extents[0] - first);
    std::vector<uint8_t> views;
    for (int64_t i = first; i < first + count; ++i)
      detail::append_face_views(&pixels[static_cast<size_t>(i * size)], extents[1], extents[2], views);
    const Tensor said = asked.predict_on_batch(
        Tensor::from(views, {count * static_cast<int64_t>(detail::kFaceViews), extents[1], extents[2], 1}));
    for (std::vector<float>& sum :
         detail::sums_of_views(said.to_vector<float>(), static_cast<size_t>(count))) {
      for (float& value : sum) value /= static_cast<float>(detail::kFaceViews);
      rows.push_back(std::move(sum));
    }
  }
  return rows;
}

std::vector<float> mean_of(const Rows& rows) {
  std::vector<double> sum(rows.at(0).size());
  for (const auto& row : rows) {
    for (size_t k = 0; k < row.size(); ++k) sum[k] += row[k];
  }
  std::vector<float> mean(sum.size());
  for (size_t k = 0; k < sum.size(); ++k)
    mean[k] = static_cast<float>(sum[k] / static_cast<double>(rows.size()));
  return mean;
}

std::map<int32_t, std::vector<float>> mean_of_each(const Rows& rows, const std::vector<int32_t>& persons) {
  std::map<int32_t, Rows> of;
  for (size_t i = 0; i < rows.size(); ++i) of[persons[i]].push_back(rows[i]);
  std::map<int32_t, std::vector<float>> means;
  for (const auto& [person, own] : of) means[person] = mean_of(own);
  return means;
}

void subtract_means_of_persons(Rows& rows, const std::vector<int32_t>& persons) {
  const auto means = mean_of_each(rows, persons);
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::vector<float>& mean = means.at(persons[i]);
    for (size_t k = 0; k < mean.size(); ++k) rows[i][k] -= mean[k];
  }
}

// A row for each person, less the mean of these.
Rows means_of_persons(const Rows& rows, const std::vector<int32_t>& persons) {
  Rows means;
  for (auto& [person, mean] : mean_of_each(rows, persons)) means.push_back(mean);
  const std::vector<float> middle = mean_of(means);
  for (auto& row : means) {
    for (size_t k = 0; k < row.size(); ++k) row[k] -= middle[k];
  }
  return means;
}

// Of each number among pictures of one person, and a share of their mean.
std::vector<float> variances_within(Rows rows, const std::vector<int32_t>& persons) {
  subtract_means_of_persons(rows, persons);
  std::vector<double> sums(rows.at(0).size());
  for (const auto& row : rows) {
    for (size_t k = 0; k < row.size(); ++k) sums[k] += static_cast<double>(row[k]) * row[k];
  }
  const auto n = static_cast<double>(rows.size());
  double mean = 0;
  for (const double sum : sums) mean += sum / n / static_cast<double>(sums.size());
  // Relative to what most have; without any spread, all count alike.
  std::vector<float> variances;
  for (const double sum : sums)
    variances.push_back(
        mean > 0 ? static_cast<float>((sum / n / mean + kLeastVariance) / (1 + kLeastVariance)) : 1.0F);
  return variances;
}

Tensor matrix_of(const Rows& rows) {
  std::vector<float> values;
  for (const auto& row : rows) values.insert(values.end(), row.begin(), row.end());
  return Tensor::from(values, {static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows.at(0).size())});
}

Rows rows_of(const Tensor& matrix) {
  const std::vector<float> values = matrix.to_vector<float>();
  const auto width = matrix.shape()[1];
  Rows rows;
  for (auto row = values.begin(); row != values.end(); row += width) rows.emplace_back(row, row + width);
  return rows;
}

double product_of(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t k = 0; k < a.size(); ++k) sum += static_cast<double>(a[k]) * b[k];
  return sum;
}

// Each row of length 1 and at right angles to those before it (Gram and Schmidt, twice for the sake of
// rounding); 0 where these say all of it.
void make_orthonormal(Rows& rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const double before = std::sqrt(product_of(rows[i], rows[i]));
    for (int pass = 0; pass < 2; ++pass) {
      for (size_t j = 0; j < i; ++j) {
        const auto along = static_cast<float>(product_of(rows[i], rows[j]));
        for (size_t k = 0; k < rows[i].size(); ++k) rows[i][k] -= along * rows[j][k];
      }
    }
    const double length = std::sqrt(product_of(rows[i], rows[i]));
    const double factor = length > 1e-5 * before && length > 0 ? 1 / length : 0;
    for (float& value : rows[i]) value = static_cast<float>(value * factor);
  }
}

// The directions along which the rows spread most, by orthogonal iteration from some of the rows.
Rows widest_directions(const Rows& rows, size_t count) {
  Rows directions;
  const size_t some = std::min(count, rows.size());
  for (size_t i = 0; i < some; ++i) directions.push_back(rows[i * rows.size() / some]);
  make_orthonormal(directions);
  const Tensor matrix = matrix_of(rows);
  for (int i = 0; i < kIterations; ++i) {
    directions = rows_of(matmul(matmul(matrix_of(directions), transpose(matrix)), matrix));
    make_orthonormal(directions);
  }
  return directions;
}

// What lies along a direction is added to it again `gain` times: -1 would take it away. `asks` gives what
// lies along it.
struct Shrunk {
  std::vector<float> direction, asks;
  double gain;
};

// The widest directions of rows whose mean is 0.
std::vector<Shrunk> shrunk_directions(const Rows& rows, size_t count, double shrinkage) {
  const auto n = static_cast<double>(rows.size());
  double spread = 0;
  for (const auto& row : rows) spread += product_of(row, row) / n;
  const double floor = shrinkage * spread / n;
  std::vector<Shrunk> shrunk;
  for (std::vector<float>& direction : widest_directions(rows, count)) {
    double own = 0;
    for (const auto& row : rows) own += std::pow(product_of(row, direction), 2) / n;
    shrunk.push_back({direction, direction, own > 0 ? std::sqrt(floor / (own + floor)) - 1 : 0});
  }
  return shrunk;
}

void shrink(std::vector<float>& row, const std::vector<Shrunk>& directions) {
  std::vector<double> along;
  for (const Shrunk& one : directions) along.push_back(product_of(row, one.direction) * one.gain);
  for (size_t j = 0; j < directions.size(); ++j) {
    for (size_t k = 0; k < row.size(); ++k)
      row[k] += static_cast<float>(along[j] * directions[j].direction[k]);
  }
}

}  // namespace

void learn_face_nuisances(Model& model, const Tensor& pictures, const Tensor& persons) {
  const std::vector<int32_t> numbers = persons.to_vector<int32_t>();
  if (pictures.shape().rank() != 4 || pictures.shape()[3] != 1 || pictures.shape()[0] < 1 ||
      static_cast<int64_t>(numbers.size()) != pictures.shape()[0])
    throw InvalidArgument(
        "learn_face_nuisances: pictures (n, height, width, 1) and n persons were expected; received " +
        pictures.shape().str() + " and " + persons.shape().str());
  const std::vector<WeightPtr> even = model.layer(kFaceEven).weights(),
                               onto = model.layer(kFaceOntoNuisances).weights(),
                               from = model.layer(kFaceFromNuisances).weights();
  const auto count = static_cast<size_t>(onto.at(0)->type.shape[1]);
  if (count <= kAmongDirections)
    throw InvalidArgument("learn_face_nuisances: the model takes too few directions away: " +
                          std::to_string(count));
  Rows rows = features_of(model, pictures);
  const size_t width = rows.at(0).size();
  const std::vector<float> mean = mean_of(rows), variances = variances_within(rows, numbers);
  for (auto& row : rows) {
    for (size_t k = 0; k < width; ++k) row[k] = (row[k] - mean[k]) / variances[k];
  }
  // The layer divides by sqrt(variance + epsilon), and takes no negative ones.
  std::vector<float> squares;
  for (const float variance : variances) squares.push_back(variance * variance - kEpsilon);
  even[0]->assign(Tensor::from(mean, even[0]->type.shape));
  even[1]->assign(Tensor::from(squares, even[1]->type.shape));

  Rows inside = rows;
  subtract_means_of_persons(inside, numbers);
  std::vector<Shrunk> shrunk = shrunk_directions(inside, count - kAmongDirections, kWithin);
  const size_t first = shrunk.size();
  for (auto& row : rows) shrink(row, shrunk);
  for (Shrunk& one : shrunk_directions(means_of_persons(rows, numbers), kAmongDirections, kAmong)) {
    // What lies along it after the first ones were shrunk, as a sum over what was there before.
    one.asks = one.direction;
    for (size_t j = 0; j < first; ++j) {
      const double along = product_of(one.direction, shrunk[j].direction) * shrunk[j].gain;
      for (size_t k = 0; k < width; ++k) one.asks[k] += static_cast<float>(along * shrunk[j].asks[k]);
    }
    shrunk.push_back(std::move(one));
  }
  std::vector<float> onto_kernel(width * count), from_kernel(count * width);
  for (size_t j = 0; j < shrunk.size(); ++j) {
    for (size_t k = 0; k < width; ++k) {
      onto_kernel[k * count + j] = shrunk[j].asks[k];
      from_kernel[j * width + k] = static_cast<float>(shrunk[j].gain * shrunk[j].direction[k]);
    }
  }
  onto[0]->assign(Tensor::from(onto_kernel, onto[0]->type.shape));
  from[0]->assign(Tensor::from(from_kernel, from[0]->type.shape));
}

}  // namespace lamina
