// Snapshots into models and out of them.
#include "lamina/formats/snapshot.h"

#include <utility>

#include "lamina/base/error.h"
#include "lamina/formats/detail/apply_entries.h"
#include "lamina/formats/detail/reading.h"
#include "lamina/nn/detail/load_notes.h"
#include "lamina/nn/detail/shared_objects.h"
#include "lamina/nn/detail/values_follow.h"
#include "lamina/nn/detail/weight_limit.h"

namespace lamina {
namespace {

constexpr char kArchitecture[] = "lamina.architecture";
constexpr char kData[] = "lamina.data";

LoadReport apply(Model& model, const WeightSnapshot& snapshot, bool partial) {
  const std::vector<std::string> names = model.weight_names();
  const std::vector<WeightPtr> weights = model.weights();
  std::vector<detail::EntryTarget> targets;
  for (size_t i = 0; i < names.size(); ++i)  // what a pass left is no part of a file
    targets.push_back({{names[i], weights[i]->path}, weights[i], !weights[i]->stateful});
  return detail::apply_entries(targets, snapshot, {.partial = partial});
}

// Some formats keep texts alone.
Json as_json(const Json& value, const std::string& name) {
  return value.is_string() ? Json::parse(value.as_string(), name) : value;
}

Model build_model(const WeightSnapshot& snapshot, const LoadOptions& options) {
  const Json* const text = snapshot.metadata.find(kArchitecture);
  if (!text)
    throw FileError("'" + snapshot.source + "' holds weights and does not say of which model: there is no '" +
                    kArchitecture + "' in its metadata, as Lamina writes it");
  const Json architecture = as_json(*text, snapshot.source + ": " + kArchitecture);
  // Every weight must be in the file: a configuration that asks for far more need not be built to be refused.
  constexpr int64_t kSmall = 1 << 20;
  int64_t stored = 0;
  for (const SnapshotEntry& entry : snapshot.entries) stored += entry.type.shape.size();
  const detail::WeightLimit limit(kSmall + 2 * stored);
  const detail::LoadNotes notes(snapshot.source);
  Model model = [&] {
    const detail::ValuesFollow values_follow;
    return Model::from_json(architecture, {}, options.compile);
  }();
  if (!model.built())
    throw FileError("'" + snapshot.source + "' does not say for which input its model was built");
  const detail::SharedWriting as_written(model);
  const LoadReport report = apply(model, snapshot, false);
  if (!report.complete())
    throw FileError("'" + snapshot.source + "' does not fit its own configuration:" + report.problems());
  if (const Json* const data = snapshot.metadata.find(kData)) {
    const std::string name = snapshot.source + ": " + kData;
    model.set_data_info(DataInfo::from_json(as_json(*data, name), name));
  }
  return model;
}

}  // namespace

const SnapshotEntry* WeightSnapshot::find(const std::string& name) const {
  for (const SnapshotEntry& entry : entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

std::vector<std::string> WeightSnapshot::names() const {
  std::vector<std::string> names;
  for (const SnapshotEntry& entry : entries) names.push_back(entry.name);
  return names;
}

uint64_t WeightSnapshot::bytes() const {
  uint64_t total = 0;
  for (const SnapshotEntry& entry : entries) total += entry.type.bytes();
  return total;
}

LoadReport apply_snapshot(Model& model, const WeightSnapshot& snapshot, const ApplyOptions& options) {
  if (!model.built())
    throw InvalidArgument("apply_snapshot: model '" + model.name() +
                          "' is not built; give it an Input or build it first");
  return detail::reading(snapshot.source, [&] { return apply(model, snapshot, options.partial); });
}

WeightSnapshot snapshot_of(const Model& model) {
  if (!model.built())
    throw InvalidArgument("snapshot_of: model '" + model.name() +
                          "' has no weights yet: give it an Input, build it, or train it first");
  const detail::SharedWriting sharing(model);
  WeightSnapshot snapshot{.source = "model '" + model.name() + "'", .format = "model", .entries = {}};
  const std::vector<std::string> names = model.weight_names();
  const std::vector<WeightPtr> weights = model.weights();
  for (size_t i = 0; i < names.size(); ++i) {
    const WeightPtr& weight = weights[i];
    if (weight->stateful) continue;  // what the last pass left: Keras's files lack it, too
    snapshot.entries.push_back({.name = names[i],
                                .type = weight->type,
                                .stored = name(weight->type.dtype),
                                .stored_bytes = weight->type.bytes(),
                                .read = [weight] { return weight->value; }});
  }
  snapshot.metadata[kArchitecture] = model.serialize();
  sharing.check();
  if (!model.data_info().empty()) snapshot.metadata[kData] = model.data_info().to_json();
  return snapshot;
}

bool has_architecture(const WeightSnapshot& snapshot) { return snapshot.metadata.contains(kArchitecture); }

Model model_of(const WeightSnapshot& snapshot, const LoadOptions& options) {
  return detail::reading(snapshot.source, [&] { return build_model(snapshot, options); });
}

Json to_json(const LoadReport& report) {
  const auto list = [](const std::vector<std::string>& items) {
    return Json(Json::List(items.begin(), items.end()));
  };
  return Json::object({{"applied", list(report.applied)},
                       {"skipped", list(report.skipped)},
                       {"missing", list(report.missing)},
                       {"unused", list(report.unused)},
                       {"errors", list(report.errors)}});
}

}  // namespace lamina
