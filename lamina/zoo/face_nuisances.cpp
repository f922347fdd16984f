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
// Of the mean spread along a direction, so that no direction is taken away whole. Of 0.03, 0.1 and 0.3 the
// best on persons 1 to 30 of AT&T's faces, ten held out at a time.
constexpr double kShrinkage = 0.1;

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

void subtract_means_of_persons(Rows& rows, const std::vector<int32_t>& persons) {
  std::map<int32_t, Rows> of;
  for (size_t i = 0; i < rows.size(); ++i) of[persons[i]].push_back(rows[i]);
  std::map<int32_t, std::vector<float>> means;
  for (const auto& [person, own] : of) means[person] = mean_of(own);
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::vector<float>& mean = means.at(persons[i]);
    for (size_t k = 0; k < mean.size(); ++k) rows[i][k] -= mean[k];
  }
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

}  // namespace

void learn_face_nuisances(Model& model, const Tensor& pictures, const Tensor& persons) {
  const std::vector<int32_t> numbers = persons.to_vector<int32_t>();
  if (pictures.shape().rank() != 4 || pictures.shape()[3] != 1 || pictures.shape()[0] < 1 ||
      static_cast<int64_t>(numbers.size()) != pictures.shape()[0])
    throw InvalidArgument(
        "learn_face_nuisances: pictures (n, height, width, 1) and n persons were expected; received " +
        pictures.shape().str() + " and " + persons.shape().str());
  Rows rows = features_of(model, pictures);
  const std::vector<float> mean = mean_of(rows);
  subtract_means_of_persons(rows, numbers);
  const std::vector<WeightPtr> onto = model.layer(kFaceOntoNuisances).weights(),
                               back = model.layer(kFaceFromNuisances).weights();
  const auto count = static_cast<size_t>(onto.at(0)->type.shape[1]);
  const Rows directions = widest_directions(rows, count);

  const auto n = static_cast<double>(rows.size());
  double spread = 0;
  for (const auto& row : rows) spread += product_of(row, row) / n;
  const double floor = kShrinkage * spread / n;
  // x - mean, and of each direction what lies along it times sqrt(floor / (its spread + floor)).
  const size_t width = mean.size();
  std::vector<float> onto_kernel(width * count), back_kernel(count * width), onto_bias(count),
      back_bias(width);
  for (size_t j = 0; j < directions.size(); ++j) {
    double own = 0;
    for (const auto& row : rows) own += std::pow(product_of(row, directions[j]), 2) / n;
    const double gain = own > 0 ? std::sqrt(floor / (own + floor)) - 1 : 0;
    for (size_t k = 0; k < width; ++k) {
      onto_kernel[k * count + j] = directions[j][k];
      back_kernel[j * width + k] = static_cast<float>(gain * directions[j][k]);
    }
    onto_bias[j] = static_cast<float>(-product_of(mean, directions[j]));
  }
  for (size_t k = 0; k < width; ++k) back_bias[k] = -mean[k];
  onto[0]->assign(Tensor::from(onto_kernel, onto[0]->type.shape));
  onto[1]->assign(Tensor::from(onto_bias, onto[1]->type.shape));
  back[0]->assign(Tensor::from(back_kernel, back[0]->type.shape));
  back[1]->assign(Tensor::from(back_bias, back[1]->type.shape));
}

}  // namespace lamina
