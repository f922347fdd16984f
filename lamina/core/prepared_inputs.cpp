// Computing what steady tensors decide, and keeping it for as long as their contents stay.
#include "lamina/core/prepared_inputs.h"

#include <algorithm>
#include <mutex>

#include "lamina/graph/program.h"

namespace lamina::detail {
namespace {

using Inputs = std::span<const Tensor* const>;

std::shared_ptr<Buffer> compute(const SteadyPart& part, Inputs inputs) {
  const Graph& graph = part.graph;
  const Device device = inputs[part.inputs[0]]->device();
  std::vector<void*> addresses;
  for (const size_t input : part.inputs) addresses.push_back(inputs[input]->buffer()->address());
  auto result = std::make_shared<Buffer>(device, graph.type(graph.outputs[0]).bytes());
  void* const outputs[] = {result->address()};
  Program(graph, device).run(addresses, outputs);
  return result;
}

bool all_current(const std::vector<ReadySteady::Source>& sources) {
  return std::all_of(sources.begin(), sources.end(), [](const auto& source) { return source.current(); });
}

bool are(const std::vector<ReadySteady::Source>& sources, const std::vector<size_t>& places, Inputs inputs) {
  for (size_t i = 0; i < places.size(); ++i) {
    if (!sources[i].is(*inputs[places[i]])) return false;
  }
  return true;
}

std::vector<ReadySteady::Source> sources_of(const std::vector<size_t>& places, Inputs inputs) {
  std::vector<ReadySteady::Source> sources;
  for (const size_t place : places) sources.emplace_back(*inputs[place]);
  return sources;
}

bool any_may_change(const std::vector<size_t>& places, Inputs inputs) {
  return std::any_of(places.begin(), places.end(),
                     [&](size_t place) { return inputs[place]->buffer()->may_change_unseen(); });
}

}  // namespace

Preparation::Preparation(std::vector<SteadyPart> parts) {
  for (SteadyPart& part : parts) {
    inputs_.insert(inputs_.end(), part.inputs.begin(), part.inputs.end());
    std::string text = part.graph.str();
    parts_.push_back({std::move(part), std::move(text)});
  }
  std::sort(inputs_.begin(), inputs_.end());
  inputs_.erase(std::unique(inputs_.begin(), inputs_.end()), inputs_.end());
}

std::shared_ptr<const ReadySteady> PreparedInputs::find(const Preparation& preparation, Inputs inputs) const {
  std::shared_ptr<const ReadySteady> ready = preparation.ready_.lock();
  if (ready && !are(ready->sources, preparation.inputs_, inputs)) ready = nullptr;
  return ready;
}

std::shared_ptr<const ReadySteady> PreparedInputs::get(const Preparation& preparation, Inputs inputs) {
  {
    const std::shared_lock lock(mutex_);
    if (auto ready = find(preparation, inputs)) return ready;
  }
  const std::unique_lock lock(mutex_);  // threads that ask for the same wait for it
  if (auto ready = find(preparation, inputs)) return ready;
  std::erase_if(ready_, [](const auto& old) { return !all_current(old->sources); });
  std::erase_if(entries_, [](const auto& old) { return !all_current(old.second.sources); });
  auto made = std::make_shared<ReadySteady>();
  made->sources = sources_of(preparation.inputs_, inputs);
  for (const Preparation::Part& part : preparation.parts_) made->buffers.push_back(get(part, inputs));
  if (!any_may_change(preparation.inputs_, inputs)) {
    ready_.push_back(made);
    preparation.ready_ = made;
  }
  return made;
}

std::shared_ptr<Buffer> PreparedInputs::get(const Preparation::Part& part, Inputs inputs) {
  const std::vector<size_t>& places = part.steady.inputs;
  const auto [first, last] = entries_.equal_range(part.text);
  for (auto entry = first; entry != last; ++entry) {
    if (are(entry->second.sources, places, inputs)) return entry->second.buffer;
  }
  std::shared_ptr<Buffer> made = compute(part.steady, inputs);
  ++made_;
  if (!any_may_change(places, inputs)) entries_.emplace(part.text, Entry{sources_of(places, inputs), made});
  return made;
}

size_t PreparedInputs::bytes() const {
  const std::shared_lock lock(mutex_);
  size_t total = 0;
  for (const auto& [text, entry] : entries_) total += entry.buffer->bytes();
  return total;
}

int PreparedInputs::made() const {
  const std::shared_lock lock(mutex_);
  return made_;
}

}  // namespace lamina::detail
