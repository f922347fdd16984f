// How well embeddings tell whether two pictures are of one person: error rates of pairs, and who is
// recognised first.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/classic/metrics.h"
#include "lamina/nn/model.h"

namespace lamina {

/// Similarities of pairs; the greater, the more alike.
struct PairScores {
  std::vector<double> same;       ///< of two pictures of one person
  std::vector<double> different;  ///< of pictures of two
};

/// The curve of what each threshold accepts: tpr of the same, fpr of the different. Throws InvalidArgument
/// where one of the lists is empty, and for scores that are not finite.
classic::RocCurve verification_curve(const PairScores& scores);
/// The error where as large a share of the different is accepted as of the same is refused, on the straight
/// lines between the curve's points: 0 for scores that are apart, about 0.5 for such that say nothing.
double equal_error_rate(const PairScores& scores);
/// The greatest share of the same that is accepted while at most the share `far` (0 to 1) of the different
/// is.
double true_accept_rate(const PairScores& scores, double far);
/// The threshold of least errors in the mean of both kinds, half way between the two scores that it parts.
double best_threshold(const PairScores& scores);

/// What a table of pairs (test_pairs.csv, in a folder of a folder for each person) says of embeddings:
/// "eer", "tar_at_far_0.1", "tar_at_far_0.01", "auc" of the pairs, and "rank1": the share of pictures that
/// are nearest to their own person's when one picture of each person, the first by name, is known and the
/// others are asked for, missing where no person has others.
struct VerificationResult {
  std::vector<std::pair<std::string, double>> metrics;
  PairScores scores;
  size_t pictures = 0;  ///< that the pairs are of
};

/// @param folder  with the table; a tar archive of it will do.
/// @param embed   the embeddings of files that the folder holds, given by their bytes and names; of any one
/// length. Throws FileError for a missing or damaged table and files that are missing, InvalidArgument for
/// embeddings of different lengths or none, and where the pairs are all of one kind.
VerificationResult verify_pairs(const std::string& folder,
                                const std::function<std::vector<std::vector<float>>(
                                    const std::vector<std::pair<std::string, std::string>>& files)>& embed);

/// The same of a model that the recipe "faces" trained (FaceInfo). Throws InvalidArgument for another.
VerificationResult verify_pairs(const Model& model, const std::string& folder);

/// Whether a source of data has a table of pairs.
bool has_pairs(const std::string& folder);

}  // namespace lamina
