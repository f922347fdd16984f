// What all handles of one pretrained model share. Internal header.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/nn/detail/stored_weights.h"
#include "lamina/zoo/transformers/detail/decoder.h"
#include "lamina/zoo/transformers/detail/modules.h"
#include "lamina/zoo/transformers/detail/runner.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {

namespace detail {

/// Which weights of a model are kept how.
struct ChosenWeights {
  std::optional<Storage> storage = {};
  std::map<const Weight*, bool> columns = {};  ///< of each whether its columns are the lines
};

}  // namespace detail

struct PretrainedModel::State {
  Json config;
  GenerationConfig generation;
  double label_smoothing = 0;
  std::optional<LoraConfig> adapter;
  std::vector<std::shared_ptr<detail::Module>> modules;
  std::string quantization;            ///< the mode of what is stored
  detail::StepWeights::Stored stored;  ///< weights that quantize() took the values of
  size_t released = 0;                 ///< bytes of values that were stored since pages were given back
  std::mutex making;
  std::map<std::string, std::unique_ptr<detail::Decoder>> made;              ///< by the kind of cache
  std::map<std::pair<bool, bool>, std::unique_ptr<detail::Runner>> runners;  ///< by what is output beside

  /// First values for what has none yet.
  void build_modules(uint64_t seed) const;
  /// Which weights are kept so.
  detail::ChosenWeights choose(const PretrainedModel& model, const detail::Storage& storage);
  /// Stores the weight if it was chosen; its value is gone then.
  void store(const detail::ChosenWeights& chosen, Weight& weight);
  /// A copy of the weight's value, or what it is stored as stands for.
  Tensor value_of(const Weight& weight) const;
  /// The compiled steps, made at the first use.
  /// @param cache  as GenerateOptions::cache; InvalidArgument is thrown for another
  detail::Decoder& decoder(const PretrainedModel& model, const std::string& cache);
  detail::Runner& runner(const PretrainedModel& model, const RunOptions& options);
};

}  // namespace lamina
