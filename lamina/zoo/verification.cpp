// Error rates from scores, and scores from embeddings.
#include "lamina/zoo/verification.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "lamina/base/error.h"
#include "lamina/image/detail/codecs.h"
#include "lamina/zoo/detail/face_views.h"
#include "lamina/zoo/detail/image_pairs.h"
#include "lamina/zoo/face_info.h"
#include "lamina/zoo/without_head.h"

namespace lamina {
namespace {

double cosine_of(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.empty() || a.size() != b.size())
    throw InvalidArgument("verify_pairs: embeddings have " + std::to_string(a.size()) + " and " +
                          std::to_string(b.size()) + " numbers; expected one length");
  double product = 0, first = 0, second = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    product += static_cast<double>(a[i]) * b[i];
    first += static_cast<double>(a[i]) * a[i];
    second += static_cast<double>(b[i]) * b[i];
  }
  if (!std::isfinite(product) || !std::isfinite(first) || !std::isfinite(second))
    throw InvalidArgument("verify_pairs: an embedding has a number that is NaN or infinite");
  return first > 0 && second > 0 ? product / std::sqrt(first * second) : 0;
}

std::string folder_of(const std::string& file) { return file.substr(0, file.find('/')); }

// One picture of each person is known, the first by name; the others are asked for. Nothing where there are
// no others.
std::optional<double> rank_one(const std::map<std::string, std::vector<float>>& embeddings) {
  std::map<std::string, const std::vector<float>*> known;
  int64_t asked = 0, right = 0;
  for (const auto& [file, embedding] : embeddings) {
    if (known.emplace(folder_of(file), &embedding).second) continue;
    ++asked;
  }
  for (const auto& [file, embedding] : embeddings) {
    if (known.at(folder_of(file)) == &embedding) continue;
    std::string nearest;
    double most = -2;
    for (const auto& [person, one] : known) {
      const double alike = cosine_of(*one, embedding);
      if (alike > most) {
        most = alike;
        nearest = person;
      }
    }
    right += nearest == folder_of(file);
  }
  if (asked == 0) return std::nullopt;
  return static_cast<double>(right) / static_cast<double>(asked);
}

void require_both(const PairScores& scores) {
  if (scores.same.empty() || scores.different.empty())
    throw InvalidArgument("verification: pairs of one person and of two are needed; received " +
                          std::to_string(scores.same.size()) + " and " +
                          std::to_string(scores.different.size()));
}

// Scores of all pairs, and 1 for those of one person.
struct LabelledPairs {
  Tensor labels, scores;
};

LabelledPairs labelled_pairs(const PairScores& scores) {
  require_both(scores);
  std::vector<double> all = scores.same;
  all.insert(all.end(), scores.different.begin(), scores.different.end());
  std::vector<int32_t> labels(all.size());
  std::fill_n(labels.begin(), scores.same.size(), 1);
  const auto n = static_cast<int64_t>(all.size());
  return {Tensor::from(labels, {n}), Tensor::from(all, {n})};
}

double equal_error_of(const classic::RocCurve& curve) {
  for (size_t i = 1; i < curve.fpr.size(); ++i) {
    const double before = 1 - curve.tpr[i - 1] - curve.fpr[i - 1], behind = 1 - curve.tpr[i] - curve.fpr[i];
    if (behind > 0) continue;
    const double part = before > behind ? before / (before - behind) : 0;
    return curve.fpr[i - 1] + part * (curve.fpr[i] - curve.fpr[i - 1]);
  }
  return 1;
}

double true_accepts_of(const classic::RocCurve& curve, double far) {
  double most = 0;
  for (size_t i = 0; i < curve.fpr.size(); ++i) {
    if (curve.fpr[i] <= far) most = std::max(most, curve.tpr[i]);
  }
  return most;
}

}  // namespace

classic::RocCurve verification_curve(const PairScores& scores) {
  const LabelledPairs pairs = labelled_pairs(scores);
  return classic::roc_curve(pairs.labels, pairs.scores);
}

double equal_error_rate(const PairScores& scores) { return equal_error_of(verification_curve(scores)); }

double true_accept_rate(const PairScores& scores, double far) {
  if (!(far >= 0 && far <= 1))
    throw InvalidArgument("true_accept_rate: far must lie in [0, 1], received " + std::to_string(far));
  return true_accepts_of(verification_curve(scores), far);
}

double best_threshold(const PairScores& scores) {
  require_both(scores);
  std::vector<double> places = scores.same;
  places.insert(places.end(), scores.different.begin(), scores.different.end());
  std::sort(places.begin(), places.end());
  std::vector<double> same = scores.same, different = scores.different;
  std::sort(same.begin(), same.end());
  std::sort(different.begin(), different.end());
  const auto below = [](const std::vector<double>& sorted, double threshold) {
    return static_cast<double>(std::lower_bound(sorted.begin(), sorted.end(), threshold) - sorted.begin()) /
           static_cast<double>(sorted.size());
  };
  double best = places.front(), least = 2;
  for (size_t i = 1; i < places.size(); ++i) {
    const double threshold = (places[i - 1] + places[i]) / 2;
    const double errors = below(same, threshold) + 1 - below(different, threshold);
    if (errors < least) {
      least = errors;
      best = threshold;
    }
  }
  return best;
}

bool has_pairs(const std::string& folder) {
  try {
    return has_image_pairs(*detail::FileTree::open(folder));
  } catch (const FileError&) {
    return false;
  }
}

VerificationResult verify_pairs(const std::string& folder,
                                const std::function<std::vector<std::vector<float>>(
                                    const std::vector<std::pair<std::string, std::string>>& files)>& embed) {
  const auto tree = detail::FileTree::open(folder);
  const std::vector<ImagePair> pairs = read_image_pairs(*tree);
  std::set<std::string> names;
  for (const ImagePair& pair : pairs) names.insert({pair.first, pair.second});
  std::vector<std::pair<std::string, std::string>> files;
  for (const std::string& name : names) files.emplace_back(tree->shown(name), tree->read(name));
  std::vector<std::vector<float>> said = embed(files);
  if (said.size() != names.size())
    throw InvalidArgument("verify_pairs: " + std::to_string(names.size()) +
                          " embeddings were expected; received " + std::to_string(said.size()));
  std::map<std::string, std::vector<float>> embeddings;
  size_t i = 0;
  for (const std::string& name : names) embeddings[name] = std::move(said[i++]);
  VerificationResult result;
  result.pictures = names.size();
  for (const ImagePair& pair : pairs) {
    const double alike = cosine_of(embeddings.at(pair.first), embeddings.at(pair.second));
    (pair.same ? result.scores.same : result.scores.different).push_back(alike);
  }
  const LabelledPairs all = labelled_pairs(result.scores);
  const classic::RocCurve curve = classic::roc_curve(all.labels, all.scores);
  result.metrics = {{"eer", equal_error_of(curve)},
                    {"tar_at_far_0.1", true_accepts_of(curve, 0.1)},
                    {"tar_at_far_0.01", true_accepts_of(curve, 0.01)},
                    {"auc", classic::roc_auc_score(all.labels, all.scores)}};
  if (const std::optional<double> rank1 = rank_one(embeddings)) result.metrics.emplace_back("rank1", *rank1);
  return result;
}

VerificationResult verify_pairs(const Model& model, const std::string& folder) {
  const std::optional<FaceInfo> info = FaceInfo::of(model.data_info());
  if (!info)
    throw InvalidArgument("verify_pairs: the model does not know faces; train one by the recipe 'faces'");
  Model asked = without_head(model, info->layer).model;
  const Shape input = asked.input_shape();
  if (input.rank() != 4 || input[3] != 1)
    throw InvalidArgument(
        "verify_pairs: expected a model of greys (batch, height, width, 1), received one of " + input.str());
  return verify_pairs(folder, [&](const std::vector<std::pair<std::string, std::string>>& files) {
    std::vector<uint8_t> pixels;
    for (const auto& [name, bytes] : files) {
      const Picture picture = detail::load_img(bytes, name,
                                               {.color_mode = "grayscale",
                                                .height = static_cast<int>(input[1]),
                                                .width = static_cast<int>(input[2]),
                                                .interpolation = "bilinear",
                                                .high_byte = true});
      detail::append_face_views(picture.pixels.data(), input[1], input[2], pixels);
    }
    const auto n = static_cast<int64_t>(files.size() * detail::kFaceViews);
    const Tensor said = asked.predict(Tensor::from(pixels, {n, input[1], input[2], 1}));
    return detail::sums_of_views(said.to_vector<float>(), files.size());
  });
}

}  // namespace lamina
