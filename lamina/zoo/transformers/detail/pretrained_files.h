// What loading folders has in common, whatever head is wanted. Internal header.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "lamina/formats/snapshot.h"
#include "lamina/zoo/transformers/detail/pretrained_state.h"
#include "lamina/zoo/transformers/pretrained_heads.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {

namespace detail {

/// All that were registered, in no order.
const std::vector<Architecture>& architectures();
/// The one that config.json names, or the first of its type. Throws FileError where there is none.
const Architecture& find_architecture(const Json& config);
/// config.json of a folder. Throws FileError for what is no folder, and no object.
Json read_folder_config(const std::string& folder);
/// generation_config.json, or what config.json says of it.
void read_generation_config(const std::filesystem::path& folder, const Json& config, PretrainedModel& model);
/// Whether the head is the table, as configuration and files say together.
bool is_tied(const Architecture& architecture, const Json& config, const WeightSnapshot& weights);

/// What may be missing where a new head is wanted.
struct NewHead {
  bool renew = false;  ///< whether what the folder has of the head does not count
  uint64_t seed = 0;
  HeadReport report = {};
};

}  // namespace detail

/// What loading and saving see of a model.
struct PretrainedFiles {
  static const std::vector<std::shared_ptr<detail::Module>>& modules(const PretrainedModel& model);
  static void build(PretrainedModel& model);
  static detail::ChosenWeights choose(const PretrainedModel& model, const PretrainedOptions& options);
  /// Puts the tensors of a folder into a model that waits for them. Throws FileError, with all that is missing, does not
  /// fit or has no place.
  /// @param copy    a tensor that repeats another
  /// @param stored  weights that are not to be kept as they are
  /// @param head    null: everything must be there
  static LoadReport load(PretrainedModel& model, WeightSnapshot snapshot, const std::string& copy,
                         const detail::ChosenWeights& stored, detail::NewHead* head);
};

}  // namespace lamina
