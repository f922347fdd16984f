// How good a model of two classes is for parts of its samples: by sex, by age.
#pragma once

#include <string>
#include <vector>

#include "lamina/base/json.h"
#include "lamina/classic/decisions.h"
#include "lamina/data/labelled_data.h"
#include "lamina/explain/report.h"
#include "lamina/nn/model.h"
#include "lamina/zoo/samples.h"

namespace lamina::cli {

/// The group of each sample by a column of its table: what stands there, or, where that are more than ten numbers, its quarter
/// of them: "29 to 48". Throws InvalidArgument for data without such a column and for more than ten groups of words.
/// @param features  names of the columns of data.x, where it has any.
std::vector<std::string> groups_by(const LabelledData& data, const std::vector<std::string>& features, const std::string& column);

/// Figures of each group, in the order of the groups' numbers or names. Throws InvalidArgument for a model that does not tell two
/// classes apart.
std::vector<classic::Subgroup> subgroups_of(Model& model, const ModelSamples& samples, const std::vector<std::string>& groups);

/// A list of objects: group, samples, positives, auc, sensitivity, specificity, expected_calibration_error; null for what a group
/// is too small for.
Json subgroups_json(const std::vector<classic::Subgroup>& subgroups);
/// A line or a row for each.
TrainingReport::Rows subgroup_rows(const std::vector<classic::Subgroup>& subgroups);

}  // namespace lamina::cli
