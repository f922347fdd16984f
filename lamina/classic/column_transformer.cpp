// Transformers side by side.
#include <algorithm>

#include "lamina/classic/detail/matrix.h"
#include "lamina/classic/detail/nested.h"
#include "lamina/classic/detail/state.h"
#include "lamina/classic/detail/with_options-inl.h"
#include "lamina/classic/preprocessing.h"
#include "lamina/ops/concatenate.h"

namespace lamina::classic {

namespace {

const bool column_transformer_known = detail::known_as<ColumnTransformer>("ColumnTransformer");

Tensor columns_of(const detail::Matrix& x, const std::vector<int64_t>& columns) {
  std::vector<float> values;
  values.reserve(static_cast<size_t>(x.rows) * columns.size());
  for (int64_t i = 0; i < x.rows; ++i) {
    for (const int64_t j : columns) values.push_back(x.row(i)[j]);
  }
  return Tensor::from(values, {x.rows, static_cast<int64_t>(columns.size())});
}

}  // namespace

ColumnTransformer::ColumnTransformer(std::vector<ColumnStep> steps, std::string remainder)
    : steps_(std::move(steps)), remainder_(std::move(remainder)) {
  check();
}

void ColumnTransformer::check() const {
  detail::require(!steps_.empty() && steps_.size() <= 100, class_name(), "the number of steps",
                  "between 1 and 100", steps_.size());
  detail::require(remainder_ == "drop" || remainder_ == "passthrough", class_name(), "remainder",
                  "\"drop\" or \"passthrough\"", remainder_);
  for (const ColumnStep& step : steps_) {
    if (!step.transformer || step.columns.empty())
      throw InvalidArgument(class_name() + ": step '" + step.name + "' needs a transformer and columns");
    for (const int64_t column : step.columns)
      detail::require(column >= 0, class_name(), "a column", "a number from 0", column);
  }
}

Json ColumnTransformer::params() const {
  Json list = Json::list();
  for (const ColumnStep& step : steps_) {
    Json json = detail::nested_json(step.name, *step.transformer);
    json["columns"] = Json(Json::List(step.columns.begin(), step.columns.end()));
    list.push_back(std::move(json));
  }
  return Json::object({{"steps", std::move(list)}, {"remainder", remainder_}});
}

void ColumnTransformer::set_params(const Json& params) {
  ColumnTransformer changed = *this;
  for (const auto& [key, value] : params.as_object()) {
    if (key == "remainder") {
      changed.remainder_ = value.as_string();
    } else if (key == "steps") {
      changed.steps_.clear();
      for (const Json& json : value.as_list()) {
        ColumnStep step{json.at("name").as_string(),
                        std::dynamic_pointer_cast<Transformer>(detail::nested_from(json)),
                        {}};
        for (const Json& column : json.at("columns").as_list()) step.columns.push_back(column.as_int());
        changed.steps_.push_back(std::move(step));
      }
    } else {
      throw InvalidArgument(class_name() + " has no parameter '" + key + "'" +
                            suggest(key, {"steps", "remainder"}));
    }
  }
  changed.check();
  changed.features_ = 0;
  *this = std::move(changed);
}

std::vector<int64_t> ColumnTransformer::remaining() const {
  std::vector<int64_t> rest;
  for (int64_t j = 0; j < features_ && remainder_ == "passthrough"; ++j) {
    const bool named = std::any_of(steps_.begin(), steps_.end(), [j](const ColumnStep& step) {
      return std::find(step.columns.begin(), step.columns.end(), j) != step.columns.end();
    });
    if (!named) rest.push_back(j);
  }
  return rest;
}

ColumnTransformer& ColumnTransformer::fit(const Tensor& x) {
  check();
  const detail::Matrix m = detail::matrix_of(x, class_name(), detail::Missing::kAllowed);
  features_ = 0;
  for (ColumnStep& step : steps_) {
    for (const int64_t column : step.columns) {
      if (column >= m.columns)
        throw InvalidArgument(class_name() + ": step '" + step.name + "' takes column " +
                              std::to_string(column) + ", but x has " + std::to_string(m.columns));
    }
    step.transformer->fit(columns_of(m, step.columns));
  }
  features_ = m.columns;
  return *this;
}

Tensor ColumnTransformer::transform(const Tensor& x) const {
  check_fitted();
  const detail::Matrix m = detail::matrix_of(x, class_name(), detail::Missing::kAllowed);
  detail::require(m.columns == features_, class_name(), "the number of features", "that of fit", m.columns);
  std::vector<Tensor> parts;
  for (const ColumnStep& step : steps_)
    parts.push_back(step.transformer->transform(columns_of(m, step.columns)));
  const std::vector<int64_t> rest = remaining();
  if (!rest.empty()) parts.push_back(columns_of(m, rest));
  return concatenate(parts, 1).eval();
}

void ColumnTransformer::save(EstimatorSnapshot& snapshot) const {
  snapshot.values["steps"] = Json::list();
  for (size_t i = 0; i < steps_.size(); ++i) detail::save_nested(*steps_[i].transformer, i, snapshot);
}

void ColumnTransformer::load(const EstimatorSnapshot& snapshot) {
  for (size_t i = 0; i < steps_.size(); ++i) {
    steps_[i].transformer =
        std::dynamic_pointer_cast<Transformer>(detail::load_nested(snapshot, i, *steps_[i].transformer));
    for (const int64_t column : steps_[i].columns)
      detail::require(column < features_, class_name(), "a column", "one that fit saw", column);
  }
}

}  // namespace lamina::classic
