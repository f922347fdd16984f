// Hashes of data, and differences of configurations.
#include "fingerprint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "lamina/backend/backend.h"
#include "lamina/base/error.h"
#include "lamina/base/terminal.h"
#include "lamina/nn/validation_split.h"
#include "lamina/zoo/recipes.h"

namespace lamina::cli {
namespace {

// Bytes in order. Not made to withstand an attacker, only to notice what changed.
class Hash {
 public:
  void add(const char* bytes, size_t count) {
    for (; count >= sizeof(uint64_t); bytes += sizeof(uint64_t), count -= sizeof(uint64_t)) {
      uint64_t word = 0;
      std::memcpy(&word, bytes, sizeof word);
      mix(word);
    }
    uint64_t rest = count;
    std::memcpy(&rest, bytes, count);
    mix(rest ^ (uint64_t{count} << 60));
  }
  void add(std::string_view text) { add(text.data(), text.size()); }
  std::string text() const { return fmt::format("{:016x}", value_); }

 private:
  void mix(uint64_t word) {
    value_ = (value_ ^ word) * 0x9E3779B97F4A7C15u;
    value_ ^= value_ >> 29;
  }

  uint64_t value_ = 0x243F6A8885A308D3u;
};

constexpr size_t kWhole = size_t{64} << 20;
constexpr size_t kBlock = size_t{16} << 10;

void add(Hash& hash, const Tensor& tensor) {
  if (!tensor.defined()) return hash.add("none");
  hash.add(tensor.type().str());
  const size_t count = tensor.type().bytes();
  const Tensor host = tensor.to(Device{});
  const char* const bytes = static_cast<const char*>(std::as_const(*host.buffer()).data());
  if (count <= kWhole) return hash.add(bytes, count);
  const size_t blocks = kWhole / kBlock;
  for (size_t i = 0; i < blocks; ++i) hash.add(bytes + (count - kBlock) / (blocks - 1) * i, kBlock);
  hash.add(bytes + count - kBlock, kBlock);
}

std::string hash_of_batch(const Batch& samples) {
  Hash hash;
  for (const Tensors* tensors : {&samples.x, &samples.y}) {
    for (size_t i = 0; i < tensors->size(); ++i) add(hash, (*tensors)[i]);
  }
  return hash.text();
}

std::string as_words(const Json& value) {
  constexpr size_t kMost = 60;
  std::string text = value.dump();
  if (text.size() > kMost) text.replace(kMost, std::string::npos, "...");
  return text;
}

std::string what_changed(const std::string& what, const Json* then, const Json* now) {
  return fmt::format("{} was {} and is {}", what, then ? as_words(*then) : "absent",
                     now ? as_words(*now) : "absent");
}

// The first place where two configurations differ; "" when they do not. `place` names the layer around and
// the member.
std::string first_difference(const Json& then, const Json& now, const std::string& place) {
  if (then == now) return "";
  if (then.is_object() && now.is_object()) {
    std::string inside = place;
    const Json* config = now.find("config");
    const Json* name = config ? config->find("name") : nullptr;
    if (name && name->is_string()) inside = "'" + name->as_string() + "'";
    for (const auto& [key, value] : now.as_object()) {
      const Json* old = then.find(key);
      const bool wraps = key == "config" || key == "layers";
      const std::string here = wraps ? inside : inside + (inside.empty() ? "" : ": ") + key;
      if (!old) return what_changed(here, nullptr, &value);
      const std::string found = first_difference(*old, value, here);
      if (!found.empty()) return found;
    }
    for (const auto& [key, value] : then.as_object()) {
      if (!now.contains(key)) return what_changed(inside + ": " + key, &value, nullptr);
    }
  }
  if (then.is_list() && now.is_list() && then.size() == now.size()) {
    for (size_t i = 0; i < now.size(); ++i) {
      const std::string found = first_difference(then.at(i), now.at(i), place);
      if (!found.empty()) return found;
    }
  }
  return what_changed(place, &then, &now);
}

bool optimizer_changed(const Json& then, const Json& now) {
  const auto optimizer = [](const Json& fingerprint) -> const Json* {
    const Json* compile = fingerprint.find("compile");
    return compile ? compile->find("optimizer") : nullptr;
  };
  const Json *a = optimizer(then), *b = optimizer(now);
  return a && b && !(*a == *b);
}

// How `now` differs, one phrase each: seed was "7" and is "9". Of what `then` lacks nothing is said.
std::vector<std::string> changes(const Json& then, const Json& now) {
  std::vector<std::string> all;
  for (const auto& [what, value] : now.as_object()) {
    const Json* old = then.find(what);
    if (!old || *old == value) continue;
    if (what == "samples") {
      all.emplace_back("the samples to train on are others");
    } else if (what == "held_out") {
      all.emplace_back("the samples to validate with are others");
    } else if (what == "weights") {
      all.emplace_back("the weights that the model begins with are others");
    } else if (what == "model" || what == "compile") {
      all.push_back(first_difference(*old, value, "the " + what + " configuration"));
    } else {
      all.push_back(what_changed(what, old, &value));
    }
  }
  return all;
}

// What lets the snapshot of a changed training go on with the job's model: the optimizer's settings are those
// of now, and between two epochs so is the number of samples and the batch size.
void adapt(TrainingSnapshot& snapshot, const Json& then, const Json& now, const TrainOptions& options,
           TrainJob& job, const TrainingData& data) {
  if (optimizer_changed(then, now)) {
    job.model.build_optimizer();
    for (const WeightPtr& variable : job.model.optimizer_variables()) {
      const std::string name = "optimizer/" + variable->name;
      const auto saved = std::find_if(snapshot.tensors.begin(), snapshot.tensors.end(),
                                      [&](const NamedTensor& tensor) { return tensor.name == name; });
      if (saved == snapshot.tensors.end()) {
        snapshot.tensors.push_back({name, variable->value});
      } else if (variable->name == "learning_rate" || !(saved->value.type() == variable->value.type())) {
        saved->value = variable->value;
      }
    }
  }
  if (snapshot.step() > 0) return;  // the order of samples within an epoch depends on both
  if (snapshot.info.contains("samples"))
    snapshot.info["samples"] = training_samples(data.training.x.shape()[0], options.validation_split);
  if (snapshot.info.contains("batch_size")) snapshot.info["batch_size"] = job.batch_size;
}

}  // namespace

Json fingerprint_of(const TrainOptions& options, const TrainJob& job, const TrainingData& data) {
  Json model = Json::object(), compile;
  for (const auto& [key, value] : job.model.serialize().as_object()) {
    if (key == "compile_config") {
      compile = value;
    } else {
      model[key] = value;
    }
  }
  Json all = Json::object({{"model", model},
                           {"compile", compile},
                           {"samples", hash_of_batch(data.training)},
                           {"held_out", hash_of_batch(data.held_out)},
                           {"batch_size", job.batch_size},
                           {"seed", std::to_string(options.seed)},  // beyond what an integer of JSON holds
                           {"validation_split", options.validation_split}});
  // A recipe's first weights follow from the seed, unless a file gives them; those of one that is trained in place
  // change.
  std::error_code ignored;
  const bool from_file = !find_recipe(options.what) || !options.from.empty();
  if (from_file && !std::filesystem::equivalent(options.what, job.out, ignored)) {
    all["weights"] = hash_of(job.model);
  }
  return all;
}

std::string hash_of(const std::vector<std::string>& texts) {
  Hash hash;
  for (const std::string& text : texts) hash.add(text);
  return hash.text();
}

std::string hash_of(const Model& model) {
  Hash hash;
  for (const WeightPtr& weight : model.weights()) add(hash, weight->value);
  return hash.text();
}

std::vector<std::string> changes_since(const Json& saved, const std::string& checkpoint, const Json& now,
                                       OtherWay other) {
  const Json* then = saved.find("fingerprint");
  if (!then || !then->is_object() || then->size() == 0) {
    tell(stderr, "lamina: warning: " + checkpoint +
                     " does not say of which model, data and seed it is: they are not compared\n");
    return {};
  }
  std::vector<std::string> found = changes(*then, now);
  if (found.empty()) return found;
  std::string list;
  for (const std::string& change : found) list += (list.empty() ? "" : "; ") + change;
  if (other != OtherWay::kChanged) {
    throw Error("this is not the training that " + checkpoint + " is of: " + list +
                ". Give what it was begun with, or " +
                (other == OtherWay::kAnotherOut ? "another --out" : "go on with --allow-changes"));
  }
  tell(stderr, "lamina: warning: going on with changes: " + printable(list) + "\n");
  return found;
}

void check_changes(Checkpoint& saved, const std::string& checkpoint, const Json& now,
                   const TrainOptions& options, TrainJob& job, const TrainingData& data) {
  changes_since(saved.info, checkpoint, now,
                options.allow_changes ? OtherWay::kChanged : OtherWay::kAllowChanges);
  const Json* then = saved.info.find("fingerprint");
  const bool known = then && then->is_object() && then->size() > 0;
  if (known && options.allow_changes) adapt(*saved.training, *then, now, options, job, data);
}

}  // namespace lamina::cli
