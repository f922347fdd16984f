// Tracing a function into a program, and finding that program again.
#include "lamina/core/program_cache.h"

#include <algorithm>
#include <chrono>

#include "lamina/base/error.h"
#include "lamina/base/system.h"
#include "lamina/base/threads.h"
#include "lamina/core/lower.h"
#include "lamina/core/tensor_node.h"
#include "lamina/core/trace.h"

namespace lamina::detail {

Signature::Signature(const std::string& function, std::span<const Tensor> first,
                     std::span<const Tensor> second)
    : device(current_device()), threads(num_threads()) {
  for (const auto tensors : {first, second}) {
    for (const Tensor& tensor : tensors) {
      types.push_back(tensor.type());
      if (types.size() > 1 && tensor.device() != device) {
        throw InvalidArgument(function + ": arguments are on different devices, " + device.str() + " and " +
                              tensor.device().str() + "; copy them to one");
      }
      device = tensor.device();
    }
  }
}

bool Signature::matches(std::span<const Tensor> first, std::span<const Tensor> second) const {
  if (types.size() != first.size() + second.size() || threads != num_threads()) return false;
  if (types.empty()) return device == current_device();
  // From the back: programs of one function differ in the batch, which comes last, and not in the state.
  for (size_t i = types.size(); i-- > 0;) {
    const Tensor& tensor = i < first.size() ? first[i] : second[i - first.size()];
    if (!tensor.defined() || !(tensor.type() == types[i]) || !(tensor.device() == device)) return false;
  }
  return true;
}

namespace {

// Programs live long and are made of small pieces, which end up between the large tensors of the runs: now
// and then the C library must be told to let go of the space between them.
constexpr int kTidyEvery = 32;
std::atomic<int> programs_made{0};

size_t count_superseded(const std::vector<Tensor>& captured) {
  return static_cast<size_t>(std::count_if(captured.begin(), captured.end(), [](const Tensor& tensor) {
    return tensor.node()->superseded.load(std::memory_order_relaxed);
  }));
}

}  // namespace

bool Compiled::stale() const { return count_superseded(captured) != superseded; }

namespace {

// With what attributes hold, and what the allocator adds to many small pieces: measured as growth of the
// process over 800 programs of dense networks.
size_t bytes_of(const Graph& graph) {
  size_t total = graph.values.size() * sizeof(Value);
  for (const Node& node : graph.nodes) {
    constexpr size_t kAttrs = 384;
    total += sizeof(Node) + kAttrs + (node.inputs.size() + node.outputs.size()) * sizeof(ValueId);
  }
  return total;
}

}  // namespace

size_t Compiled::bytes() const {
  size_t total = sizeof(Compiled) + program->bytes() + bytes_of(*traced.graph) + bytes_of(graph);
  for (const Tensor& tensor : captured) {
    const bool alone = tensor.node().use_count() == 1 && tensor.node()->buffer.use_count() == 1;
    total += sizeof(TensorNode) + (alone ? tensor.type().bytes() : 0);
  }
  return total;
}

ProgramCache::ProgramCache(TensorFunction f, size_t num_state, std::string name,
                           std::shared_ptr<MemoryPool> memory)
    : f_(std::move(f)),
      num_state_(num_state),
      name_(std::move(name)),
      memory_(memory ? std::move(memory) : std::make_shared<MemoryPool>()) {}

std::shared_ptr<const Compiled> ProgramCache::find(std::span<const Tensor> state,
                                                   std::span<const Tensor> batch) {
  const std::shared_lock lock(mutex_);
  for (const auto& entry : entries_) {
    if (!entry->program->signature.matches(state, batch) || entry->program->stale()) continue;
    entry->used.store(clock_.fetch_add(1, std::memory_order_relaxed), std::memory_order_relaxed);
    return entry->program;
  }
  return nullptr;
}

std::shared_ptr<const Compiled> ProgramCache::get(std::span<const Tensor> state,
                                                  std::span<const Tensor> batch) {
  if (state.size() != num_state_) {
    throw InvalidArgument(name_ + ": has a state of " + std::to_string(num_state_) + " tensors, received " +
                          std::to_string(state.size()));
  }
  if (auto found = find(state, batch)) return found;
  const std::lock_guard one_at_a_time(building_);
  if (auto found = find(state, batch)) return found;  // another thread was faster
  std::shared_ptr<const Compiled> made = build(state, batch);
  if (!made) return nullptr;
  auto entry = std::make_unique<Entry>();
  entry->program = made;
  entry->used = clock_++;
  const std::lock_guard lock(mutex_);
  ++built_;
  if (programs_made.fetch_add(1) % kTidyEvery == kTidyEvery - 1) return_free_memory();
  newest_ = made;
  std::erase_if(entries_, [](const auto& old) { return old->program->stale(); });
  entries_.push_back(std::move(entry));
  drop_unused();
  return made;
}

void ProgramCache::drop_unused() {
  std::vector<size_t> sizes;
  size_t total = 0;
  for (const auto& entry : entries_) total += sizes.emplace_back(entry->program->bytes());
  while (total > kBytes && entries_.size() > 1) {
    const auto oldest = std::min_element(entries_.begin(), entries_.end() - 1,
                                         [](const auto& a, const auto& b) { return a->used < b->used; });
    const auto place = sizes.begin() + (oldest - entries_.begin());
    total -= *place;
    sizes.erase(place);
    entries_.erase(oldest);
  }
}

size_t ProgramCache::bytes() const {
  const std::shared_lock lock(mutex_);
  size_t total = 0;
  for (const auto& entry : entries_) total += entry->program->bytes();
  return total;
}

std::shared_ptr<const Compiled> ProgramCache::newest() const {
  const std::shared_lock lock(mutex_);
  return newest_;
}

std::shared_ptr<const Compiled> ProgramCache::build(std::span<const Tensor> state,
                                                    std::span<const Tensor> batch) const {
  const auto start = std::chrono::steady_clock::now();
  Signature signature(name_, state, batch);
  const Device device = signature.device;
  const DeviceScope scope(device);

  std::vector<Tensor> arguments;
  for (const TensorType& type : signature.types) arguments.push_back(placeholder(type, device));
  const uint64_t since = next_serial();
  const std::vector<Tensor> results = [&] {
    const TracedFunction tracing;
    return f_(arguments);
  }();
  if (results.size() < num_state_) {
    throw InvalidArgument(name_ + ": returned " + std::to_string(results.size()) +
                          " tensors, fewer than its state of " + std::to_string(num_state_));
  }
  Trace traced = trace(results, arguments, Older::kComputed, since);
  if (traced.watched || traced.foreign) return nullptr;
  for (size_t i = 0; i < results.size(); ++i) {
    if (i >= num_state_) {
      traced.graph.outputs.push_back(traced.results[i]);
      continue;
    }
    if (results[i].type() != arguments[i].type()) {
      throw InvalidArgument(name_ + ": state " + std::to_string(i) + " is " + arguments[i].type().str() +
                            " but its new value is " + results[i].type().str());
    }
    traced.graph.updates.push_back({static_cast<int>(i), traced.results[i]});
  }
  Graph graph = lower(traced.graph, device);
  auto program = std::make_unique<Program>(graph, device, memory_);
  const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
  const size_t superseded = count_superseded(traced.captured);
  return std::make_shared<Compiled>(Compiled{std::move(signature),
                                             {std::make_shared<const Graph>(std::move(traced.graph))},
                                             std::move(graph),
                                             std::move(traced.captured),
                                             std::move(program),
                                             elapsed.count(),
                                             superseded});
}

void ProgramCache::run(const Compiled& compiled, std::span<const Tensor> state, std::span<const Tensor> batch,
                       std::span<const Tensor> outputs) {
  // Kept by the thread, so that the steady state allocates nothing. Taken while it is filled: computing a
  // pending argument may call a compiled function in its turn.
  thread_local std::vector<void*> scratch;
  std::vector<void*> addresses = std::move(scratch);
  addresses.clear();
  for (const auto tensors : {state, batch, std::span<const Tensor>(compiled.captured), outputs}) {
    for (const Tensor& tensor : tensors) addresses.push_back(tensor.buffer()->data());
  }
  const std::span<void* const> all(addresses);
  const size_t inputs = all.size() - outputs.size();
  compiled.program->run(all.first(inputs), all.subspan(inputs));
  scratch = std::move(addresses);
}

bool part_of_a_trace(std::span<const Tensor> tensors) {
  return std::any_of(tensors.begin(), tensors.end(), [](const Tensor& tensor) {
    return tensor.defined() && (detail::watched(*tensor.node()) || tensor.node()->open);
  });
}

}  // namespace lamina::detail
