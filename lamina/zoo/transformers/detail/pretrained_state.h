// What all handles of one pretrained model share. Internal header.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lamina/zoo/transformers/detail/decoder.h"
#include "lamina/zoo/transformers/detail/modules.h"
#include "lamina/zoo/transformers/detail/runner.h"
#include "lamina/zoo/transformers/pretrained_model.h"

namespace lamina {

struct PretrainedModel::State {
  Json config;
  GenerationConfig generation;
  double label_smoothing = 0;
  std::optional<LoraConfig> adapter;
  std::vector<std::shared_ptr<detail::Module>> modules;
  std::mutex making;
  std::unique_ptr<detail::Decoder> made;
  std::unique_ptr<detail::Runner> made_runner;

  /// First values for what has none yet.
  void build_modules(uint64_t seed) const;
  /// The compiled steps, made at the first use.
  detail::Decoder& decoder(const PretrainedModel& model);
  detail::Runner& runner(const PretrainedModel& model);
};

}  // namespace lamina
