// The optimizer's state in .h5 files: the iteration, then slots in the orders of different times.
#include <algorithm>

#include "lamina/formats/keras/legacy_weights.h"

namespace lamina::detail {
namespace {

constexpr char kGroup[] = "optimizer_weights";

bool is_single(const Tensor& array) { return array.size() == 1; }

// The stored arrays in the order of the optimizer's variables, or why they are not.
std::string arrange(const std::vector<WeightPtr>& variables, const std::vector<std::string>& names,
                    std::vector<Tensor> stored, size_t trained,
                    std::vector<std::pair<WeightPtr, Tensor>>& plan) {
  const auto add = [&](const WeightPtr& variable, const Tensor& value) -> bool {
    if (value.shape() != variable->type.shape) return false;
    plan.emplace_back(variable, value);
    return true;
  };
  if (stored.size() == variables.size()) {
    bool fits = true;
    for (size_t i = 0; fits && i < stored.size(); ++i) fits = add(variables[i], stored[i]);
    if (fits) return {};
    plan.clear();
  }
  // Keras 2 kept the iteration, no learning rate, and each kind of slot for all weights in a row; from 2.11
  // on, all slots of a weight in a row.
  const size_t first =
      std::find_if(variables.begin(), variables.end(),
                   [](const WeightPtr& variable) {
                     return variable->name != "iteration" && variable->name != "learning_rate";
                   }) -
      variables.begin();
  const size_t slots = variables.size() - first;
  while (stored.size() > slots + 1 && is_single(stored.back())) stored.pop_back();  // of an option not used
  if (stored.size() != slots + 1 || trained == 0 || slots % trained != 0 || !is_single(stored[0]))
    return "the file has " + std::to_string(names.size()) + " arrays, the optimizer " +
           std::to_string(variables.size());
  const size_t kinds = slots / trained;
  const bool by_weight = names[0].starts_with("iteration:");
  if (first > 0 && !add(variables[0], stored[0])) return "the iteration is not a single number";
  for (size_t i = 0; i < slots; ++i) {
    const size_t at = by_weight ? i : (i % kinds) * trained + i / kinds;
    if (!add(variables[first + i], stored[1 + at]))
      return names[1 + at] + ": expected shape " + variables[first + i]->type.shape.str() + ", received " +
             stored[1 + at].shape().str();
  }
  return {};
}

}  // namespace

void apply_legacy_optimizer(Model& model, const Hdf5Tree& tree, LoadReport& report) {
  const std::vector<std::string> names = legacy_names(tree, kGroup, "weight_names");
  if (names.empty()) return;
  if (!model.compiled()) {
    report.skipped.push_back(std::string(kGroup) + ": the model is not compiled");
    return;
  }
  std::vector<Tensor> stored;
  for (const std::string& name : names) {
    const auto found = tree.arrays.find(kGroup + std::string("/") + name);
    if (found == tree.arrays.end()) {
      report.skipped.push_back(std::string(kGroup) + "/" + name +
                               ": it is missing; the optimizer starts anew");
      return;
    }
    stored.push_back(found->second);
  }
  if (stored.size() > 2) model.build_optimizer();
  std::vector<std::pair<WeightPtr, Tensor>> plan;
  const std::string problem =
      arrange(model.optimizer_variables(), names, std::move(stored), model.weights(true).size(), plan);
  if (!problem.empty()) {
    report.skipped.push_back(std::string(kGroup) + ": " + problem + "; the optimizer starts anew");
    return;
  }
  for (const auto& [variable, value] : plan) {
    variable->assign(value);
    report.applied.push_back(std::string(kGroup) + " (" + variable->name + ")");
  }
}

}  // namespace lamina::detail
