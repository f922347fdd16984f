// The numbers of shared layers: who holds what, and what was read.
#include "lamina/nn/detail/shared_objects.h"

#include <set>

#include "lamina/base/error.h"
#include "lamina/nn/detail/model_impl.h"
#include "lamina/nn/layers/input_layer.h"

namespace lamina::detail {
namespace {

thread_local SharedWriting* writing = nullptr;
thread_local SharedReading* reading = nullptr;

std::string described(const Layer& layer) { return "'" + layer.name() + "' (" + layer.class_name() + ")"; }

std::optional<int64_t> number_of(const Json& json) {
  const Json* number = json.find("shared_object_id");
  return number && number->is_int() ? std::optional(number->as_int()) : std::nullopt;
}

}  // namespace

SharedWriting::SharedWriting(const Layer& model) : outer_(writing) {
  if (outer_) return;
  count(model);
  for (const auto& [identity, place] : holders_) {
    const auto& [layer, holders] = place;
    if (holders.size() < 2 || !(layer->has_weights() || !layer->weights().empty())) continue;
    const int64_t number = static_cast<int64_t>(shared_.size()) + 1;
    shared_[identity] = {.number = number, .holders = holders, .json = {}};
  }
  writing = this;
}

SharedWriting::~SharedWriting() {
  if (writing == this) writing = nullptr;
}

// Notes who holds what, each holder once.
void SharedWriting::count(const Layer& holder) {
  const auto* model = dynamic_cast<const Model*>(&holder);
  std::vector<std::shared_ptr<Layer>> inside;
  for (const auto& [member, layer] : holder.sublayers()) inside.push_back(layer);
  if (model) inside.insert(inside.end(), model->layers().begin(), model->layers().end());
  std::set<const void*> distinct;
  for (const auto& layer : inside) {
    if (!distinct.insert(layer->identity()).second || dynamic_cast<const InputLayer*>(layer.get())) continue;
    auto& [first, holders] = holders_[layer->identity()];
    const bool looked_into = first != nullptr;
    first = layer.get();
    holders.push_back(described(holder));
    if (!looked_into) count(*layer);
  }
}

SharedWriting::Shared* SharedWriting::find(const Layer& layer) {
  if (!writing) return nullptr;
  const auto found = writing->shared_.find(layer.identity());
  return found == writing->shared_.end() ? nullptr : &found->second;
}

void SharedWriting::check() const {
  if (outer_) return;
  for (const auto& [identity, one] : shared_) {
    // Where nobody writes it, someone around makes it again with all its places.
    if (one.written == 0 || one.written >= one.holders.size()) continue;
    std::string holders;
    for (const std::string& holder : one.holders) holders += (holders.empty() ? "" : " and ") + holder;
    throw InvalidArgument(
        "layer " + described(*holders_.at(identity).first) + " is shared by " + holders + ", but only " +
        std::to_string(one.written) + " of these " + std::to_string(one.holders.size()) +
        " write it into their configuration (own_config), so that what is read back would be "
        "several layers: let each write it with serialize() and read it with "
        "ConfigReader::layer");
  }
}

bool SharedWriting::is_shared(const Layer& layer) { return find(layer) != nullptr; }

std::optional<Json> SharedWriting::written(const Layer& layer) {
  Shared* const one = find(layer);
  if (!one || one->written == 0) return std::nullopt;
  ++one->written;
  return one->json;
}

void SharedWriting::note(const Layer& layer, Json& json) {
  Shared* const one = find(layer);
  if (!one) return;
  json["shared_object_id"] = one->number;
  one->json = json;
  one->written = 1;
}

bool SharedWriting::as_graph(const Model& model) {
  const ModelImpl& impl = ModelImpl::of(model);
  if (impl.kind != ModelImpl::Kind::kSequential) return impl.kind == ModelImpl::Kind::kGraph;
  std::set<const void*> distinct;
  for (const auto& layer : impl.layers) {
    if (!distinct.insert(layer->identity()).second || (impl.built && is_shared(*layer))) return true;
  }
  return false;
}

std::vector<std::pair<std::string, std::shared_ptr<Layer>>> SharedWriting::members(const Layer& layer) {
  std::vector<std::pair<std::string, std::shared_ptr<Layer>>> members = layer.sublayers();
  if (!writing) return members;
  std::map<std::string, int> seen;
  for (auto& [member, inner] : members) {
    const size_t slash = member.rfind('/');
    if (slash == std::string::npos) continue;  // not one of a list, whose names count classes
    const auto* model = dynamic_cast<const Model*>(inner.get());
    const std::string base =
        model && model->class_name() == "Sequential" && as_graph(*model) ? "functional" : inner->auto_name();
    const int count = seen[member.substr(0, slash) + "/" + base]++;
    member.replace(slash + 1, std::string::npos, base + (count > 0 ? "_" + std::to_string(count) : ""));
  }
  return members;
}

int64_t SharedWriting::calls_before(const Layer& layer, int64_t more) {
  Shared* const one = find(layer);
  if (!one) return 0;
  return std::exchange(one->calls, one->calls + more);
}

SharedReading::SharedReading() : outer_(reading) {
  if (!outer_) reading = this;
}

SharedReading::~SharedReading() {
  if (reading == this) reading = nullptr;
}

std::shared_ptr<Layer> SharedReading::find(const Json& json) {
  const std::optional<int64_t> number = number_of(json);
  if (!number || !reading) return nullptr;
  const auto found = reading->layers_.find(*number);
  if (found == reading->layers_.end()) return nullptr;
  // Keras numbers objects by address, which those that are gone leave to others.
  const Json* config = json.find("config");
  const Json* name = config ? config->find("name") : nullptr;
  const bool same = json.at("class_name") == Json(found->second->class_name()) &&
                    (!name || *name == Json(found->second->name()));
  return same ? found->second : nullptr;
}

void SharedReading::keep(const Json& json, const std::shared_ptr<Layer>& layer) {
  if (const std::optional<int64_t> number = number_of(json); number && reading) {
    reading->layers_.insert_or_assign(*number, layer);
    reading->calls_.emplace(layer->identity(), 0);
  }
}

int64_t SharedReading::calls_before(const Layer& layer, int64_t more) {
  if (!reading) return 0;
  const auto found = reading->calls_.find(layer.identity());
  return found == reading->calls_.end() ? 0 : std::exchange(found->second, found->second + more);
}

}  // namespace lamina::detail
